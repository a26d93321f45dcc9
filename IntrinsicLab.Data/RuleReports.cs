using IntrinsicLab.Core.Analyses;

namespace IntrinsicLab.Data;

/// <summary>
/// What was measured of learned rules: reports that come with the lab, and those that <c>./lab rule-report</c> left in the data folder. They belong to
/// what a rule is made of, not to its name.
/// </summary>
public sealed class RuleReports(LabDatabase database)
{
    private string Folder => Path.Combine(database.DataFolder, "rule-reports");

    /// <summary>The report on rules of a digest; one of this lab's own goes before one that is shipped. Null where there is none.</summary>
    public RuleReport? Find(string digest)
    {
        try
        {
            if (File.Exists(FileOf(digest)))
                return RuleReport.Read(File.ReadAllBytes(FileOf(digest)));
        }
        catch (InvalidDataException)
        {
            // Written by another version of the lab: as good as none.
        }
        return ShippedReports.Find(digest);
    }

    /// <summary>Keeps a report, in place of an earlier one of the same rule.</summary>
    /// <returns>Its file.</returns>
    public string Keep(RuleReport report)
    {
        Directory.CreateDirectory(Folder);
        var unfinished = FileOf(report.Digest) + ".new";
        File.WriteAllBytes(unfinished, report.ToJson());
        File.Move(unfinished, FileOf(report.Digest), overwrite: true);
        return FileOf(report.Digest);
    }

    private string FileOf(string digest) => Path.Combine(Folder, digest + RuleReport.Extension);
}
