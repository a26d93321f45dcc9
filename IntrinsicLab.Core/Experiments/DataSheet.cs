using System.Text.RegularExpressions;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Experiments;

/// <summary>What an environment's documentation says: its code and this are one text.</summary>
/// <param name="Summary">What happens in it.</param>
/// <param name="Entries">Actions, observation, reward, start, end, source, as far as told; an entry without a heading is a remark.</param>
public sealed partial record DataSheet(string Summary, IReadOnlyList<DataSheetEntry> Entries)
{
    /// <summary>The sheet of a catalogue's entry; empty where nothing is documented.</summary>
    public static DataSheet Of(EnvironmentEntry entry)
    {
        var paragraphs = XmlSummaries.Of(ClassOf(entry), entry.Parameters);
        return new(paragraphs.FirstOrDefault() ?? "", [.. paragraphs.Skip(1).SelectMany(Read)]);
    }

    // "Start: … Terminated: … Time limit …" is one paragraph in the code and three facts to a reader.
    private static IEnumerable<DataSheetEntry> Read(string paragraph)
    {
        var begins = Headings().Matches(paragraph);
        if (begins.Count == 0 || begins[0].Index > 0)
            yield return new("", begins.Count == 0 ? paragraph : paragraph[..begins[0].Index].Trim());
        for (var index = 0; index < begins.Count; index++)
        {
            var heading = begins[index].Groups[1].Value + begins[index].Groups[3].Value;
            var from = begins[index].Index + begins[index].Length;
            var to = index + 1 < begins.Count ? begins[index + 1].Index : paragraph.Length;
            var text = $"{begins[index].Groups[2].Value} {paragraph[from..to]}".Trim();
            if (text.Length > 0)
                yield return new(heading == "Action" ? "Actions" : heading, char.ToUpperInvariant(text[0]) + text[1..]);
        }
    }

    // CartPoleConfig belongs to CartPole; where two entries share a record, an instance says which class it is.
    private static Type ClassOf(EnvironmentEntry entry)
    {
        var name = entry.Parameters.FullName!;
        var plain = name.EndsWith("Config", StringComparison.Ordinal) ? name[..^"Config".Length] : name;
        var named = new[] { plain, plain + "Environment" }.Where(each => each != name).Select(entry.Parameters.Assembly.GetType).FirstOrDefault(type => type is not null);
        if (named is not null || !entry.StartsByItself)
            return named ?? entry.Parameters;
        using var sample = entry.Create(Activator.CreateInstance(entry.Parameters)!);
        return sample.GetType();
    }

    [GeneratedRegex(@"(?:^([A-Z][A-Za-z]+(?: [a-z]+)?)(?: (\([^)]*\)))?|(?<=[.)] )(Terminated|Truncated|Time limit)):\s")]
    private static partial Regex Headings();
}

/// <summary>One entry of a <see cref="DataSheet"/>.</summary>
/// <param name="Heading">Such as Reward; empty for a remark.</param>
/// <param name="Text">Plain text.</param>
public sealed record DataSheetEntry(string Heading, string Text);
