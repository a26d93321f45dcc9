using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>A query with rules that its members' types cannot say.</summary>
public interface ICheckedQuery
{
    /// <summary>Adds a fault for each rule that is broken.</summary>
    void Check(List<Problem> faults);
}

/// <summary>Says which record a route's query is read into, for its documentation.</summary>
/// <param name="Record">The record.</param>
public sealed record QueryMetadata(Type Record);

/// <summary>
/// The query of a request, read by the same schema as algorithms' parameters: every fault is listed, near misses are named.
/// </summary>
public sealed class Query<T> : IRefusable, Microsoft.AspNetCore.Http.Metadata.IEndpointParameterMetadataProvider where T : class, new()
{
    /// <summary>What was read, defaults where nothing was given.</summary>
    public T Value { get; private init; } = new();

    public ProblemResult? Refusal { get; private init; }

    public static ValueTask<Query<T>> BindAsync(HttpContext context)
    {
        var faults = new List<Problem>();
        foreach (var (name, values) in context.Request.Query)
        {
            if (values.Count > 1)
                faults.Add(new(Problem.At("", name), "This parameter is given twice."));
            if (values.ToString().Any(char.IsControl))
                faults.Add(new(Problem.At("", name), "Control characters are not allowed."));
        }
        var read = Read(context.Request.Query.Select(pair => (pair.Key, pair.Value[0] ?? "")), faults);
        return ValueTask.FromResult(faults.Count == 0
            ? new Query<T> { Value = read }
            : new Query<T> { Refusal = ProblemResult.Invalid(faults) });
    }

    /// <summary>Reads parameters as they stand in an address, adding every fault; pages with the same parameters read theirs so.</summary>
    internal static T Read(IEnumerable<(string Name, string Text)> parameters, List<Problem> faults)
    {
        var schema = ParameterSchema.Of(typeof(T));
        var json = new JsonObject();
        foreach (var (name, text) in parameters)
            json[name] = AsJson(schema.Find(name)?.Kind, text);
        var read = (T)schema.Read(JsonSerializer.SerializeToElement(json), new T(), "", faults);
        (read as ICheckedQuery)?.Check(faults);
        return read;
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new QueryMetadata(typeof(T)));

    // Text stays text where it does not look like the kind expected: the schema then says what would be right.
    private static JsonNode AsJson(ParameterKind? kind, string text) => kind switch
    {
        ParameterKind.Integer when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        ParameterKind.Number or ParameterKind.Integer
            when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && double.IsFinite(number) => number,
        ParameterKind.Boolean when text is "true" or "1" or "" => true,
        ParameterKind.Boolean when text is "false" or "0" => false,
        _ => text,
    };
}
