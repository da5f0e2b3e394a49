//! The components that come with `mdc`.

macro_rules! components {
    ($($name:literal),+ $(,)?) => {
        /// Name and text of each component, by name.
        pub(super) const COMPONENTS: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("components/", $name, "/component.toml")))),+];
    };
}

components![
    "api-gateway",
    "callback-service",
    "control-center",
    "file-storage",
    "identity-service",
    "md-core",
    "postgresql",
    "rabbitmq",
    "redis",
    "worker",
];
