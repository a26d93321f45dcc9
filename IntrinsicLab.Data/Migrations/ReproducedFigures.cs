namespace IntrinsicLab.Data.Migrations;

/// <summary>An experiment may be a published figure's: <c>reproduction</c> has the figure's id and its scale.</summary>
internal static class ReproducedFigures
{
    public static Migration Migration { get; } = new(4, "reproduced figures", """
        ALTER TABLE experiments ADD COLUMN reproduction {text} NULL;
        CREATE INDEX experiments_by_reproduction ON experiments (reproduction);
        """);
}
