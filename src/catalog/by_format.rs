//! Schemas of tables with one entry for each package format.

/// A name for each format. The key type's own schema would allow any text.
pub(super) fn by_format(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let name =
        |about| serde_json::json!({ "type": "string", "minLength": 1, "description": about });
    schemars::json_schema!({
        "type": "object",
        "properties": {
            "deb": name("On hosts with dpkg and apt."),
            "rpm": name("On hosts with rpm and dnf."),
            "msi": name("On Windows."),
        },
        "additionalProperties": false,
    })
}

/// Names for each format.
pub(super) fn names_by_format(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let names = |about| {
        serde_json::json!({
            "type": "array", "items": { "type": "string", "minLength": 1 }, "description": about,
        })
    };
    schemars::json_schema!({
        "type": "object",
        "properties": {
            "deb": names("On hosts with dpkg and apt."),
            "rpm": names("On hosts with rpm and dnf."),
            "msi": names("On Windows."),
        },
        "additionalProperties": false,
    })
}
