using System.Globalization;
using System.Text.Json;

namespace IntrinsicLab.Core.Experiments;

/// <summary>The members of a JSON object while they are read: each is taken once, what is left over is a fault.</summary>
public sealed class Members
{
    private readonly Dictionary<string, JsonElement> left = [];
    private readonly string pointer;
    private readonly List<Problem> problems;

    // One fault says enough about a number or a list: not also that each member is missing.
    private bool isNoObject;

    private Members(string pointer, List<Problem> problems) => (this.pointer, this.problems) = (pointer, problems);

    /// <summary>Starts reading; anything but an object is a fault, null an object without members.</summary>
    public static Members Of(JsonElement? json, string pointer, List<Problem> problems)
    {
        var members = new Members(pointer, problems);
        if (json is not { } element)
            return members;
        if (element.ValueKind != JsonValueKind.Object)
        {
            problems.Add(new(pointer, $"Expected an object, not {Parameter.Shown(element)}."));
            members.isNoObject = true;
            return members;
        }
        foreach (var member in element.EnumerateObject())
            if (!members.left.TryAdd(member.Name, member.Value))
                problems.Add(new(Problem.At(pointer, member.Name), "This member is given twice."));
        return members;
    }

    /// <summary>Pointer to a member.</summary>
    public string At(string name) => Problem.At(pointer, name);

    /// <summary>Adds a fault of a member.</summary>
    public void Fault(string name, string message) => problems.Add(new(At(name), message));

    /// <summary>Takes a member as it is; null when absent.</summary>
    public JsonElement? Take(string name) => left.Remove(name, out var value) ? value : null;

    /// <summary>Takes every member left.</summary>
    public IEnumerable<(string Name, JsonElement Value)> TakeAll()
    {
        var all = left.Select(pair => (pair.Key, pair.Value)).ToList();
        left.Clear();
        return all;
    }

    /// <summary>Takes a text; null when absent or faulty.</summary>
    public string? Text(string name, int longest, bool required = false)
    {
        if (Take(name) is not { } value)
        {
            if (required && !isNoObject)
                Fault(name, "This member is required.");
            return null;
        }
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text && (text.Trim().Length > 0 || !required))
        {
            if (text.Length <= longest && !text.Any(character => char.IsControl(character) && character is not ('\n' or '\r' or '\t')))
                return text;
            Fault(name, text.Length > longest ? $"At most {longest} characters; this has {text.Length}." : "Control characters are not allowed.");
            return null;
        }
        Fault(name, value.ValueKind == JsonValueKind.String ? "This must not be empty." : $"Expected text, not {Parameter.Shown(value)}.");
        return null;
    }

    /// <summary>Takes a whole number between bounds; null when absent or faulty.</summary>
    public long? Whole(string name, long low, long high, bool required = false)
    {
        if (Take(name) is not { } value)
        {
            if (required && !isNoObject)
                Fault(name, "This member is required.");
            return null;
        }
        if (Parameter.Whole(value) is not { } whole)
            Fault(name, $"Expected a whole number, not {Parameter.Shown(value)}.");
        else if (whole < low || whole > high)
            Fault(name, string.Create(CultureInfo.InvariantCulture, $"{whole} is out of range: {low} to {high}."));
        else
            return whole;
        return null;
    }

    /// <summary>Takes true or false; null when absent or faulty.</summary>
    public bool? Flag(string name)
    {
        if (Take(name) is not { } value)
            return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        Fault(name, $"Expected true or false, not {Parameter.Shown(value)}.");
        return null;
    }

    /// <summary>Takes a list of different texts; empty when absent or faulty.</summary>
    public IReadOnlyList<string> Texts(string name, int most, int longest, bool required = false)
    {
        if (Take(name) is not { } value)
        {
            if (required && !isNoObject)
                Fault(name, "This member is required.");
            return [];
        }
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > most || (required && value.GetArrayLength() == 0))
        {
            Fault(name, $"Expected a list of {(required ? "1" : "0")} to {most} texts.");
            return [];
        }
        var texts = new List<string>();
        foreach (var (index, element) in value.EnumerateArray().Index())
        {
            var at = Problem.At(At(name), index.ToString(CultureInfo.InvariantCulture));
            if (element.ValueKind != JsonValueKind.String || element.GetString() is not { Length: > 0 } text || text.Length > longest || text.Any(char.IsControl))
                problems.Add(new(at, $"Expected a text of 1 to {longest} characters, none of them a control character."));
            else if (texts.Contains(text))
                problems.Add(new(at, $"'{text}' is listed twice."));
            else
                texts.Add(text);
        }
        return texts;
    }

    /// <summary>Makes a fault of every member left, with the nearest known name.</summary>
    public void RefuseOthers(string kind, IReadOnlyCollection<string> known)
    {
        foreach (var name in left.Keys)
            problems.Add(new(At(name), Problem.Unknown(kind, name, known)));
    }
}
