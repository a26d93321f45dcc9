namespace IntrinsicLab.Data.Migrations;

/// <summary>Baselines have names and may be groups. Runs that were marked before become baselines under their own names.</summary>
internal static class PinnedBaselines
{
    public static Migration Migration { get; } = new(5, "pinned baselines", """
        CREATE TABLE baselines (
            id {uuid} NOT NULL PRIMARY KEY,
            name {text} NOT NULL,
            run_id {uuid} NULL REFERENCES runs (id) ON DELETE CASCADE,
            experiment_id {uuid} NULL REFERENCES experiments (id) ON DELETE CASCADE,
            configuration_hash {text} NULL,
            environment {text} NULL,
            created_at {long} NOT NULL,
            notes {text} NOT NULL);
        CREATE INDEX baselines_by_run ON baselines (run_id);
        CREATE INDEX baselines_by_experiment ON baselines (experiment_id);
        CREATE INDEX baselines_by_configuration ON baselines (configuration_hash, environment);
        INSERT INTO baselines (id, name, run_id, created_at, notes) SELECT id, name, id, created_at, '' FROM runs WHERE baseline;
        """);
}
