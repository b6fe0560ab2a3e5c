-- What the demo's database holds: a bookmark manager with its users, their bookmarks and tags. The same each time.
SELECT setseed(0.42);

CREATE TYPE plan AS ENUM ('free', 'plus', 'team');

CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  plan plan NOT NULL DEFAULT 'free',
  settings jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz
);
COMMENT ON TABLE users IS 'Who has an account';

INSERT INTO users (email, name, plan, settings, created_at, last_seen_at)
SELECT
  'user' || n || '@example.com',
  (ARRAY['田中 花子', 'Alex Kim', '佐藤 健', 'Maria Silva', '鈴木 一郎', 'Jonas Weber', '高橋 さくら', 'Emma Martin'])[1 + n % 8]
    || CASE WHEN n > 8 THEN ' ' || n ELSE '' END,
  (ARRAY['free', 'free', 'free', 'plus', 'team'])[1 + n % 5]::plan,
  jsonb_build_object('theme', (ARRAY['dark', 'light', 'system'])[1 + n % 3], 'language', (ARRAY['ja', 'en', 'de'])[1 + n % 3],
    'notifications', jsonb_build_object('weekly', n % 2 = 0, 'mail', jsonb_build_array('digest', 'security'))),
  timestamptz '2024-01-01 00:00+09' + n * interval '13 hours',
  CASE WHEN n % 7 > 0 THEN timestamptz '2026-01-01 00:00+09' - n * interval '37 minutes' END
FROM generate_series(1, 1000) n;

CREATE TABLE tags (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  color char(7)
);

INSERT INTO tags (name, color)
SELECT name, CASE WHEN number % 4 > 0 THEN '#' || lpad(to_hex(number * 9973 % 16777216), 6, '0') END
FROM unnest(ARRAY['あとで読む', '開発', 'rust', 'postgresql', 'aws', '料理', '旅行', 'design', '音楽', 'news', '仕事', 'paper',
  'terminal', '写真', 'security', '本', 'howto', '子育て', 'test', 'monitoring']) WITH ORDINALITY t (name, number);

CREATE TABLE bookmarks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  url text NOT NULL,
  title text NOT NULL,
  note text,
  visits int NOT NULL DEFAULT 0,
  rating numeric(2, 1),
  is_public boolean NOT NULL DEFAULT false,
  meta jsonb,
  created_at timestamptz NOT NULL
);
COMMENT ON COLUMN bookmarks.rating IS 'From 0.0 to 5.0';

INSERT INTO bookmarks (user_id, url, title, note, visits, rating, is_public, meta, created_at)
SELECT
  1 + (n * 7919) % 1000,
  'https://' || (ARRAY['docs.example.com', 'blog.example.jp', 'news.example.org', 'recipes.example.net'])[1 + n % 4] || '/' || md5(n::text),
  (ARRAY['PostgreSQL の索引を読み解く', 'A field guide to indexes', '週末の京都散歩', 'Rust でつくる端末アプリ', 'How we cut our bill in half',
    '肉じゃがの作り方', 'Notes on backups that restore', '障害対応の記録', 'Designing for the dark', '子どもと読む絵本 10 冊'])[1 + n % 10] || ' #' || n,
  CASE n % 6 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE (ARRAY['読み返す', 'see part 2', '引用に使う', 'ask the team about this'])[1 + n % 4] END,
  (random() * 100)::int,
  CASE WHEN n % 3 > 0 THEN round((random() * 5)::numeric, 1) END,
  n % 5 = 0,
  CASE WHEN n % 4 = 0 THEN jsonb_build_object('words', n % 4000, 'lang', (ARRAY['ja', 'en'])[1 + n % 2], 'og', jsonb_build_object('type', 'article')) END,
  timestamptz '2024-02-01 00:00+09' + n * interval '47 seconds'
FROM generate_series(1, :bookmarks) n;

CREATE INDEX bookmarks_user_id_idx ON bookmarks (user_id);
CREATE INDEX bookmarks_created_at_idx ON bookmarks (created_at DESC);
CREATE INDEX bookmarks_public_idx ON bookmarks (user_id) WHERE is_public;

CREATE TABLE bookmark_tags (
  bookmark_id bigint NOT NULL REFERENCES bookmarks ON DELETE CASCADE,
  tag_id int NOT NULL REFERENCES tags,
  PRIMARY KEY (bookmark_id, tag_id)
);

INSERT INTO bookmark_tags
SELECT n, 1 + (n * k) % 20 FROM generate_series(1, least(:bookmarks, 100000)) n, unnest(ARRAY[3, 7]) k
ON CONFLICT DO NOTHING;

CREATE VIEW popular AS
SELECT b.id, b.title, u.name, b.visits FROM bookmarks b JOIN users u ON u.id = b.user_id WHERE b.visits > 90;

CREATE FUNCTION bookmarks_of(who text) RETURNS SETOF bookmarks LANGUAGE sql STABLE AS
$$ SELECT b.* FROM bookmarks b JOIN users u ON u.id = b.user_id WHERE u.email = who $$;

ANALYZE;
