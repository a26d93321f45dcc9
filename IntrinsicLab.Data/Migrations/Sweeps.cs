namespace IntrinsicLab.Data.Migrations;

/// <summary>
/// Runs know their trial and the step at which they wait for their sweep; a sweep is an experiment with a status. No configuration has a seed
/// twice within a sweep, whoever adds runs at the same time.
/// </summary>
internal static class Sweeps
{
    public static Migration Migration { get; } = new(3, "sweeps", """
        ALTER TABLE runs ADD COLUMN trial {int} NULL;
        ALTER TABLE runs ADD COLUMN pause_at {long} NULL;
        ALTER TABLE experiments ADD COLUMN sweep_status {text} NULL;
        ALTER TABLE experiments ADD COLUMN sweep_message {text} NULL;
        CREATE UNIQUE INDEX runs_by_trial ON runs (experiment_id, trial, seed) WHERE trial IS NOT NULL;
        CREATE UNIQUE INDEX runs_by_configuration_of_sweep ON runs (experiment_id, configuration_hash, seed) WHERE trial IS NOT NULL;
        CREATE INDEX experiments_by_sweep_status ON experiments (sweep_status) WHERE sweep_status IS NOT NULL;
        """);
}
