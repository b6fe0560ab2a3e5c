//! What each pane remembers.

macro_rules! states {
    ($($name:ident,)*) => {
        /// What each pane keeps.
        #[derive(Debug, Clone, Default)]
        pub struct Panes {
            $(#[doc = concat!("What `", stringify!($name), "` keeps.")] pub $name: crate::panes::$name::state::State,)*
        }
    };
}

#[cfg(not(test))]
with_panes!(states);
#[cfg(test)]
with_panes!(states alarms);
