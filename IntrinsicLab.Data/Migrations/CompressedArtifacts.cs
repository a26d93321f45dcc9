namespace IntrinsicLab.Data.Migrations;

/// <summary>Artifacts may be stored compressed; <c>encoding</c> says how, as HTTP would.</summary>
internal static class CompressedArtifacts
{
    public static Migration Migration { get; } = new(2, "compressed artifacts", "ALTER TABLE artifacts ADD COLUMN encoding {text} NULL;");
}
