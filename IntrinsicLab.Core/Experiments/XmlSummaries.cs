using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace IntrinsicLab.Core.Experiments;

/// <summary>Documentation of config properties and environments, read from the files the compiler writes beside the assemblies.</summary>
internal static class XmlSummaries
{
    private static readonly ConcurrentDictionary<Assembly, Dictionary<string, XElement>> Summaries = new();

    public static string Of(PropertyInfo property) =>
        Find(property.DeclaringType!, $"P:{NameOf(property.DeclaringType!)}.{property.Name}") is { } summary ? InPlainText(summary) : "";

    /// <summary>
    /// The text before the first paragraph of a class's summary, then each paragraph; references to its config become the labels shown.
    /// </summary>
    public static IReadOnlyList<string> Of(Type type, Type config)
    {
        if (Find(type, $"T:{NameOf(type)}") is not { } found)
            return [];
        var summary = new XElement(found);
        foreach (var reference in summary.Descendants().Where(element => element.Attribute("cref") is not null).ToList())
        {
            var name = reference.Attribute("cref")!.Value;
            if (name == $"T:{NameOf(config)}")
                reference.ReplaceWith("the parameters");
            else if (name.StartsWith($"P:{NameOf(config)}.", StringComparison.Ordinal)
                && config.GetProperty(name.Split('.')[^1]) is { } property)
                reference.ReplaceWith($"“{new Parameter(property).Label}”");
        }
        var paragraphs = summary.Elements("para").ToList();
        foreach (var paragraph in paragraphs)
            paragraph.Remove();
        return [InPlainText(summary), .. paragraphs.Select(InPlainText)];
    }

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private static XElement? Find(Type type, string name) => Summaries.GetOrAdd(type.Assembly, Read).GetValueOrDefault(name);

    private static Dictionary<string, XElement> Read(Assembly assembly)
    {
        var path = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
        if (!File.Exists(path))
            return [];
        return XDocument.Load(path).Descendants("member")
            .Where(member => member.Attribute("name")!.Value[..2] is "P:" or "T:" && member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")!);
    }

    private static string InPlainText(XElement summary)
    {
        var text = new XElement(summary);
        foreach (var reference in text.Descendants().Where(element => element.Attribute("cref") is not null).ToList())
            reference.ReplaceWith(reference.Attribute("cref")!.Value.Split('.', ':')[^1]);
        return Regex.Replace(text.Value, @"\s+", " ").Trim();
    }
}
