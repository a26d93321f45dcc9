using System.Reflection;

namespace IntrinsicLab.Core.Analyses;

/// <summary>The reports that come with the lab, beside its rules: the files in <c>Rules</c>, inside the assembly.</summary>
public static class ShippedReports
{
    private static readonly Lazy<IReadOnlyList<RuleReport>> Reports = new(Read);

    /// <summary>All of them.</summary>
    /// <exception cref="InvalidDataException">One cannot be read.</exception>
    public static IReadOnlyList<RuleReport> All => Reports.Value;

    /// <summary>The report on rules of this digest; null where none is shipped.</summary>
    public static RuleReport? Find(string digest) => All.FirstOrDefault(report => report.Digest == digest);

    private static List<RuleReport> Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var reports = new List<RuleReport>();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(RuleReport.Extension, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var buffer = new MemoryStream();
            using (var resource = assembly.GetManifestResourceStream(name)!)
                resource.CopyTo(buffer);
            reports.Add(RuleReport.Read(buffer.ToArray()));
        }
        return reports;
    }
}
