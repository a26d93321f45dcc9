using System.Text;

namespace IntrinsicLab.Data.Imports;

/// <summary>One record of a table in text: where it begins, and its fields.</summary>
/// <param name="Line">Line of its first character, counted from 1.</param>
/// <param name="Fields">Its fields without quotes.</param>
public sealed record CsvRecord(int Line, IReadOnlyList<string> Fields);

/// <summary>Reads comma-separated text as RFC 4180 has it (quotes, doubled quotes, line breaks inside them), record by record.</summary>
public sealed class CsvRecords
{
    private const int LongestField = 100_000;

    private readonly TextReader text;
    private readonly int firstLine;
    private int line;

    /// <param name="text">What to read, from where its first record begins.</param>
    /// <param name="linesBefore">Lines that were read before.</param>
    public CsvRecords(TextReader text, int linesBefore = 0) => (this.text, line, firstLine) = (text, linesBefore, linesBefore + 1);

    /// <summary>Character between fields: that of comma, semicolon and tab which the first record has most of.</summary>
    public char Delimiter { get; private set; } = ',';

    /// <summary>A quoted field that never ends, or one longer than any value is; where it began. Reading stops there.</summary>
    public int? BrokenAt { get; private set; }

    /// <summary>The next record that is not empty; null at the end.</summary>
    public CsvRecord? Next()
    {
        while (BrokenAt is null && text.ReadLine() is { } first)
        {
            line++;
            if (first.Length == 0)
                continue;
            var begin = line;
            if (begin == firstLine)
                Delimiter = new[] { ',', ';', '\t' }.MaxBy(each => first.Count(character => character == each));
            return Split(first) is { } fields ? new(begin, fields) : null;
        }
        return null;
    }

    private List<string>? Split(string current)
    {
        var begin = line;
        var fields = new List<string>();
        if (!current.Contains('"'))
        {
            fields.AddRange(current.Split(Delimiter));
            return fields;
        }
        var field = new StringBuilder();
        var quoted = false;
        for (var index = 0; ; index++)
        {
            if (index == current.Length)
            {
                if (!quoted)
                    break;
                if (field.Length > LongestField || text.ReadLine() is not { } more)
                {
                    BrokenAt = begin;
                    return null;
                }
                line++;
                field.Append('\n');
                (current, index) = (more, -1);
            }
            else if (current[index] == '"' && quoted && index + 1 < current.Length && current[index + 1] == '"')
                field.Append(current[++index]);
            else if (current[index] == '"' && (quoted || field.Length == 0))
                quoted = !quoted;
            else if (current[index] == Delimiter && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
                field.Append(current[index]);
        }
        fields.Add(field.ToString());
        return fields;
    }
}
