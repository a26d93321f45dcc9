using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace IntrinsicLab.Core.Experiments;

/// <summary>Documentation of config properties, read from the file the compiler writes beside the assembly.</summary>
internal static class XmlSummaries
{
    private static readonly Lazy<Dictionary<string, string>> Summaries = new(() =>
    {
        var path = Path.Combine(AppContext.BaseDirectory, typeof(XmlSummaries).Assembly.GetName().Name + ".xml");
        if (!File.Exists(path))
            return [];
        return XDocument.Load(path).Descendants("member")
            .Where(member => member.Attribute("name")!.Value.StartsWith("P:", StringComparison.Ordinal) && member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value[2..], member => InPlainText(member.Element("summary")!));
    });

    public static string Of(PropertyInfo property) =>
        Summaries.Value.GetValueOrDefault($"{property.DeclaringType!.FullName!.Replace('+', '.')}.{property.Name}", "");

    private static string InPlainText(XElement summary)
    {
        foreach (var reference in summary.Descendants().Where(element => element.Attribute("cref") is not null).ToList())
            reference.ReplaceWith(reference.Attribute("cref")!.Value.Split('.', ':')[^1]);
        return Regex.Replace(summary.Value, @"\s+", " ").Trim();
    }
}
