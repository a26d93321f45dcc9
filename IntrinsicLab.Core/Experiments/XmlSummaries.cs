using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace IntrinsicLab.Core.Experiments;

/// <summary>Documentation of config properties, read from the files the compiler writes beside the assemblies.</summary>
internal static class XmlSummaries
{
    private static readonly ConcurrentDictionary<Assembly, Dictionary<string, string>> Summaries = new();

    public static string Of(PropertyInfo property) =>
        Summaries.GetOrAdd(property.DeclaringType!.Assembly, Read)
            .GetValueOrDefault($"{property.DeclaringType!.FullName!.Replace('+', '.')}.{property.Name}", "");

    private static Dictionary<string, string> Read(Assembly assembly)
    {
        var path = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
        if (!File.Exists(path))
            return [];
        return XDocument.Load(path).Descendants("member")
            .Where(member => member.Attribute("name")!.Value.StartsWith("P:", StringComparison.Ordinal) && member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value[2..], member => InPlainText(member.Element("summary")!));
    }

    private static string InPlainText(XElement summary)
    {
        foreach (var reference in summary.Descendants().Where(element => element.Attribute("cref") is not null).ToList())
            reference.ReplaceWith(reference.Attribute("cref")!.Value.Split('.', ':')[^1]);
        return Regex.Replace(summary.Value, @"\s+", " ").Trim();
    }
}
