using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using Microsoft.AspNetCore.WebUtilities;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>An answer in the form of RFC 9457, the one form of every error of the API.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="detail">What happened and what would help, in sentences.</param>
public sealed class ProblemResult(int status, string detail) : IResult, IStatusCodeHttpResult
{
    /// <summary>Media type of the answer.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>HTTP status.</summary>
    public int? StatusCode => status;

    /// <summary>Faults by JSON pointer into the body; a query counts as an object with its parameters as members.</summary>
    public IReadOnlyCollection<Problem> Faults { get; init; } = [];

    /// <summary>Further members, such as what would have been allowed.</summary>
    public JsonObject Extensions { get; init; } = [];

    public static ProblemResult Invalid(IReadOnlyCollection<Problem> faults) =>
        new(StatusCodes.Status400BadRequest, faults.Count == 1 ? "One value is wrong." : $"{faults.Count} values are wrong.")
        {
            Faults = faults,
        };

    public static ProblemResult Invalid(string pointer, string message) => Invalid([new(pointer, message)]);

    public static ProblemResult NotFound(string detail) => new(StatusCodes.Status404NotFound, detail);

    public static ProblemResult Conflict(string detail) => new(StatusCodes.Status409Conflict, detail);

    public async Task ExecuteAsync(HttpContext context)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = MediaType;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(Body(context), context.RequestAborted);
    }

    private byte[] Body(HttpContext context)
    {
        var body = new JsonObject
        {
            ["type"] = "about:blank",
            ["title"] = ReasonPhrases.GetReasonPhrase(status) is { Length: > 0 } phrase ? phrase : "Error",
            ["status"] = status,
            ["detail"] = detail,
            ["instance"] = context.Request.Path.Value,
        };
        if (Faults.Count > 0)
            body["errors"] = new JsonObject(Faults.GroupBy(fault => fault.Pointer).Select(place => KeyValuePair.Create(
                place.Key, (JsonNode?)new JsonArray([.. place.Select(fault => (JsonNode)JsonValue.Create(fault.Message))]))));
        foreach (var (name, value) in Extensions)
            body[name] = value?.DeepClone();
        body["traceId"] = Activity.Current?.Id ?? context.TraceIdentifier;
        return JsonSerializer.SerializeToUtf8Bytes(body, ApiJson.Options);
    }
}
