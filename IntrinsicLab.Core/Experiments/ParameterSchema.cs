using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace IntrinsicLab.Core.Experiments;

/// <summary>What kind of value a parameter takes.</summary>
public enum ParameterKind
{
    /// <summary>A real number.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>One of <see cref="Parameter.Choices"/>.</summary>
    Choice,

    /// <summary>Free text.</summary>
    Text,

    /// <summary>A list of whole numbers, such as layer sizes.</summary>
    Integers,
}

/// <summary>One property of a config record, as the form, the API and the reader see it.</summary>
public sealed class Parameter
{
    private readonly PropertyInfo property;

    internal Parameter(PropertyInfo property)
    {
        this.property = property;
        Name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
        Label = property.GetCustomAttribute<DisplayAttribute>()?.Name ?? InWords(property.Name);
        Kind = KindOf(property);
        Summary = XmlSummaries.Of(property);
        Unit = property.GetCustomAttribute<UnitAttribute>()?.Name;
        Group = property.GetCustomAttribute<GroupAttribute>()?.Name ?? "General";
        NamesRule = Kind == ParameterKind.Text && property.GetCustomAttribute<NamesRuleAttribute>() is not null;
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
        {
            Minimum = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture);
            Maximum = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
            MinimumIsExclusive = range.MinimumIsExclusive;
        }
        if (Kind == ParameterKind.Choice)
            Choices = [.. Enum.GetNames(property.PropertyType).Select(JsonNamingPolicy.KebabCaseLower.ConvertName)];
    }

    /// <summary>Name in JSON, camel case.</summary>
    public string Name { get; }

    /// <summary>Name for people.</summary>
    public string Label { get; }

    /// <summary>Kind of value.</summary>
    public ParameterKind Kind { get; }

    /// <summary>Meaning, from the property's documentation.</summary>
    public string Summary { get; }

    /// <summary>Unit, or null.</summary>
    public string? Unit { get; }

    /// <summary>Heading it is listed under.</summary>
    public string Group { get; }

    /// <summary>Smallest value allowed (of each element, for lists), or null.</summary>
    public double? Minimum { get; }

    /// <summary>Largest value allowed, or null.</summary>
    public double? Maximum { get; }

    /// <summary><see cref="Minimum"/> itself is not allowed.</summary>
    public bool MinimumIsExclusive { get; }

    /// <summary>The words allowed, for <see cref="ParameterKind.Choice"/>.</summary>
    public IReadOnlyList<string> Choices { get; } = [];

    /// <summary>The text names a learned update rule, "name@version", that must exist when a run is submitted.</summary>
    public bool NamesRule { get; }

    /// <summary>The parameter's value in a config.</summary>
    public object? Get(object config) => property.GetValue(config);

    /// <summary>The parameter's value in a config, as JSON.</summary>
    public JsonNode? GetJson(object config) => ToJson(Get(config));

    /// <summary>A value of the parameter, as JSON.</summary>
    internal JsonNode? ToJson(object? value) => value switch
    {
        double number => JsonValue.Create(number),
        int number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        bool flag => JsonValue.Create(flag),
        string text => JsonValue.Create(text),
        int[] values => new JsonArray([.. values.Select(value => (JsonNode)JsonValue.Create(value))]),
        Enum choice => JsonValue.Create(JsonNamingPolicy.KebabCaseLower.ConvertName(choice.ToString())),
        var other => throw new InvalidOperationException($"{Name} holds {other?.GetType().Name ?? "null"}, which has no JSON form."),
    };

    internal void Set(object config, object value) => property.SetValue(config, value);

    /// <summary>Reads a value; on a fault adds to <paramref name="problems"/> and returns null.</summary>
    internal object? Read(JsonElement json, string pointer, List<Problem> problems)
    {
        switch (Kind)
        {
            case ParameterKind.Boolean when json.ValueKind is JsonValueKind.True or JsonValueKind.False:
                return json.GetBoolean();
            case ParameterKind.Text when json.ValueKind == JsonValueKind.String && json.GetString()!.Length <= 1000:
                return json.GetString();
            case ParameterKind.Choice when json.ValueKind == JsonValueKind.String:
                var index = Choices.ToList().IndexOf(json.GetString()!);
                if (index >= 0)
                    return Enum.Parse(property.PropertyType, Enum.GetNames(property.PropertyType)[index]);
                problems.Add(new(pointer, $"{Problem.Unknown("choice", json.GetString()!, Choices)}"));
                return null;
            case ParameterKind.Number when json.ValueKind == JsonValueKind.Number && double.IsFinite(json.GetDouble()):
                return InRange(json.GetDouble(), pointer, problems) ? json.GetDouble() : null;
            case ParameterKind.Integer when Whole(json) is { } whole:
                if (!InRange(whole, pointer, problems))
                    return null;
                if (property.PropertyType == typeof(long))
                    return whole;
                if (whole is >= int.MinValue and <= int.MaxValue)
                    return (int)whole;
                problems.Add(new(pointer, $"{whole} is too large."));
                return null;
            case ParameterKind.Integers when json.ValueKind == JsonValueKind.Array && json.GetArrayLength() <= 32:
                var values = new List<int>();
                var before = problems.Count;
                foreach (var (position, element) in json.EnumerateArray().Index())
                {
                    var at = Problem.At(pointer, position.ToString(CultureInfo.InvariantCulture));
                    if (Whole(element) is not { } value || value is < int.MinValue or > int.MaxValue)
                        problems.Add(new(at, "Expected a whole number."));
                    else if (InRange(value, at, problems))
                        values.Add((int)value);
                }
                return problems.Count == before ? values.ToArray() : null;
        }
        problems.Add(new(pointer, $"Expected {Expectation()}, not {Shown(json)}."));
        return null;
    }

    internal JsonObject JsonSchema(object defaults)
    {
        var schema = new JsonObject { ["title"] = Label, ["description"] = Summary };
        var value = Kind == ParameterKind.Integers ? new JsonObject() : schema;
        schema["type"] = Kind switch
        {
            ParameterKind.Number => "number",
            ParameterKind.Integer => "integer",
            ParameterKind.Boolean => "boolean",
            ParameterKind.Integers => "array",
            _ => "string",
        };
        if (Kind == ParameterKind.Integers)
        {
            value["type"] = "integer";
            schema["items"] = value;
        }
        if (Minimum is { } minimum)
            value[MinimumIsExclusive ? "exclusiveMinimum" : "minimum"] = minimum;
        if (Maximum is { } maximum)
            value["maximum"] = maximum;
        if (Kind == ParameterKind.Choice)
            schema["enum"] = new JsonArray([.. Choices.Select(choice => (JsonNode)JsonValue.Create(choice))]);
        schema["default"] = GetJson(defaults);
        schema["x-group"] = Group;
        if (Unit is not null)
            schema["x-unit"] = Unit;
        if (NamesRule)
            schema["x-names"] = "rule";
        return schema;
    }

    internal static long? Whole(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Number)
            return null;
        if (json.TryGetInt64(out var whole))
            return whole;
        // 1e6 and 100000.0 are whole numbers too.
        var number = json.GetDouble();
        return double.IsInteger(number) && Math.Abs(number) < 9e15 ? (long)number : null;
    }

    internal static string Shown(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.Null => "null",
        JsonValueKind.String => "text",
        _ => json.GetRawText() is { Length: <= 40 } raw ? raw : "a number out of reach",
    };

    private bool InRange(double value, string pointer, List<Problem> problems)
    {
        var tooSmall = value < Minimum || (MinimumIsExclusive && value == Minimum);
        if (!tooSmall && !(value > Maximum))
            return true;
        problems.Add(new(pointer, $"{value.ToString(CultureInfo.InvariantCulture)} is out of range: {RangeInWords()}."));
        return false;
    }

    /// <summary>The allowed range in words, such as "0 to 1"; empty without one.</summary>
    public string RangeInWords() =>
        Minimum is not { } low || Maximum is not { } high ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{(MinimumIsExclusive ? "above " : "")}{low} to {high}{(Unit is null ? "" : " " + Unit)}");

    private string Expectation() => Kind switch
    {
        ParameterKind.Number => "a number",
        ParameterKind.Integer => "a whole number",
        ParameterKind.Boolean => "true or false",
        ParameterKind.Choice => $"one of {string.Join(", ", Choices)}",
        ParameterKind.Integers => "a list of at most 32 whole numbers",
        _ => "text of at most 1000 characters",
    };

    private static ParameterKind KindOf(PropertyInfo property)
    {
        var type = property.PropertyType;
        if (type.IsEnum)
            return ParameterKind.Choice;
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Double => ParameterKind.Number,
            TypeCode.Int32 or TypeCode.Int64 => ParameterKind.Integer,
            TypeCode.Boolean => ParameterKind.Boolean,
            TypeCode.String => ParameterKind.Text,
            _ when type == typeof(int[]) => ParameterKind.Integers,
            _ => throw new InvalidOperationException($"{property.DeclaringType!.Name}.{property.Name} has type {type.Name}, which no form field can edit."),
        };
    }

    private static string InWords(string name)
    {
        var words = Regex.Replace(name, "(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ").ToLowerInvariant();
        return char.ToUpperInvariant(words[0]) + words[1..];
    }
}

/// <summary>A config record's parameters: the one source for form, API and validation.</summary>
public sealed class ParameterSchema
{
    private static readonly ConcurrentDictionary<Type, ParameterSchema> Known = new();
    private readonly MethodInfo clone;

    private ParameterSchema(Type record)
    {
        Parameters = [.. record.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite)
            .OrderBy(property => property.MetadataToken)
            .Select(property => new Parameter(property))];
        clone = record.GetMethod("<Clone>$")
            ?? throw new ArgumentException($"{record.Name} must be a record: its copies carry the values that were given.", nameof(record));
    }

    /// <summary>The schema of a config record.</summary>
    public static ParameterSchema Of(Type record) => Known.GetOrAdd(record, type => new ParameterSchema(type));

    /// <summary>The record's parameters in the order they are written.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The parameter with this JSON name, or null.</summary>
    public Parameter? Find(string name) => Parameters.FirstOrDefault(parameter => parameter.Name == name);

    /// <summary>
    /// A copy of <paramref name="defaults"/> with the members of <paramref name="json"/> laid over it. Every fault goes to
    /// <paramref name="problems"/>: members unknown, given twice, of the wrong type or out of range.
    /// </summary>
    public object Read(JsonElement? json, object defaults, string pointer, List<Problem> problems)
    {
        var members = Members.Of(json, pointer, problems);
        var config = Read(members, defaults, problems);
        members.RefuseOthers("parameter", [.. Parameters.Select(parameter => parameter.Name)]);
        return config;
    }

    /// <summary>As the other overload, but leaves members that belong to another record for that one to take.</summary>
    internal object Read(Members members, object defaults, List<Problem> problems)
    {
        var config = Copy(defaults);
        foreach (var parameter in Parameters)
            if (members.Take(parameter.Name) is { } value && parameter.Read(value, members.At(parameter.Name), problems) is { } read)
                parameter.Set(config, read);
        return config;
    }

    /// <summary>A copy of <paramref name="config"/> with one member changed.</summary>
    internal object With(object config, Parameter parameter, object value)
    {
        var changed = Copy(config);
        parameter.Set(changed, value);
        return changed;
    }

    /// <summary>Every member with its value.</summary>
    public JsonObject Write(object config)
    {
        var json = new JsonObject();
        foreach (var parameter in Parameters)
            json[parameter.Name] = parameter.GetJson(config);
        return json;
    }

    /// <summary>JSON Schema (2020-12) of the record, with the given defaults.</summary>
    public JsonObject JsonSchema(object defaults)
    {
        var properties = new JsonObject();
        foreach (var parameter in Parameters)
            properties[parameter.Name] = parameter.JsonSchema(defaults);
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = properties,
        };
    }

    private object Copy(object config) => clone.Invoke(config, null)!;
}
