namespace IntrinsicLab.Data.Migrations;

/// <summary>Update rules that runs learned and somebody kept.</summary>
internal static class LearnedRules
{
    public static Migration Migration { get; } = new(6, "learned rules", """
        CREATE TABLE rules (
            name {text} NOT NULL,
            version {int} NOT NULL,
            predictions {int} NOT NULL,
            units {int} NOT NULL,
            semantics {text} NOT NULL,
            gamma {real} NOT NULL,
            digest {text} NOT NULL,
            run_id {uuid} NULL REFERENCES runs (id) ON DELETE SET NULL,
            created_at {long} NOT NULL,
            deleted_at {long} NULL,
            notes {text} NOT NULL,
            content {bytes} NOT NULL,
            PRIMARY KEY (name, version));
        CREATE INDEX rules_by_run ON rules (run_id);
        """);
}
