//! The state of all panes.

macro_rules! states {
    ($($name:ident,)*) => {
        /// The state of every pane.
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
