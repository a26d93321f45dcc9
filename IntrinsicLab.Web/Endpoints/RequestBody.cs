using System.IO.Compression;
using System.Reflection;
using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.Metadata;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>What a request's body is read into; reading lists every fault.</summary>
public interface IRequestBody<TSelf> where TSelf : IRequestBody<TSelf>
{
    static abstract TSelf? Read(JsonElement json, List<Problem> problems);

    /// <summary>The body may name learned rules, which must exist.</summary>
    static virtual bool NamesRules => false;

    /// <summary>As the other overload, with the rules there are, "name@version"; called where <see cref="NamesRules"/> says so.</summary>
    static virtual TSelf? Read(JsonElement json, List<Problem> problems, IReadOnlyCollection<string> rules) => TSelf.Read(json, problems);

    /// <summary>The most bytes, unpacked.</summary>
    static virtual int Largest => 1024 * 1024;

    /// <summary>An absent body counts as an empty object.</summary>
    static virtual bool Optional => false;

    /// <summary>The type that documents the body.</summary>
    static virtual Type Documentation => typeof(TSelf);
}

/// <summary>A parameter that may turn out to be unusable; the request is then refused before its handler runs.</summary>
public interface IRefusable
{
    ProblemResult? Refusal { get; }
}

/// <summary>The bytes of a request, unpacked and bounded.</summary>
public static class RequestBody
{
    /// <summary>The most that any request may carry.</summary>
    public const int Largest = 32 * 1024 * 1024;

    /// <summary>Reads the body once; later calls get the same bytes.</summary>
    public static async Task<(byte[] Bytes, ProblemResult? Refusal)> ReadAsync(HttpContext context, int largest)
    {
        if (context.Items[typeof(RequestBody)] is byte[] known)
            return known.Length > largest ? ([], TooLarge(largest)) : (known, null);
        Stream input = context.Request.Body;
        switch (context.Request.Headers.ContentEncoding.ToString().ToLowerInvariant())
        {
            case "" or "identity":
                break;
            case "gzip":
                input = new GZipStream(input, CompressionMode.Decompress, leaveOpen: true);
                break;
            default:
                return ([], new(StatusCodes.Status415UnsupportedMediaType, "Bodies may be sent plain or with 'Content-Encoding: gzip'."));
        }
        using var buffer = new MemoryStream();
        var block = new byte[64 * 1024];
        try
        {
            for (int read; (read = await input.ReadAsync(block, context.RequestAborted)) > 0;)
            {
                if (buffer.Length + read > largest)
                    return ([], TooLarge(largest));
                buffer.Write(block, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            return ([], new(StatusCodes.Status400BadRequest, "The body is announced as gzip but is not."));
        }
        var bytes = buffer.ToArray();
        context.Items[typeof(RequestBody)] = bytes;
        return (bytes, null);
    }

    private static ProblemResult TooLarge(int largest) =>
        new(StatusCodes.Status413PayloadTooLarge, $"The body is larger than the {largest} bytes allowed here (unpacked). Send it in parts.")
        {
            Extensions = new() { ["limit"] = largest },
        };
}

/// <summary>The body of a request, read into <typeparamref name="T"/>.</summary>
public sealed class Body<T> : IRefusable, IEndpointParameterMetadataProvider where T : class, IRequestBody<T>
{
    private T? value;

    /// <summary>What was read; only handlers see it, and only when there was nothing to refuse.</summary>
    public T Value => value ?? throw new InvalidOperationException("The request was refused.");

    public ProblemResult? Refusal { get; private init; }

    public static async ValueTask<Body<T>> BindAsync(HttpContext context)
    {
        var (bytes, refusal) = await RequestBody.ReadAsync(context, T.Largest);
        if (refusal is not null)
            return new() { Refusal = refusal };
        if (bytes.Length == 0 && T.Optional)
            bytes = "{}"u8.ToArray();
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(bytes);
        }
        catch (JsonException exception)
        {
            return new() { Refusal = Syntax(exception, bytes.Length) };
        }
        using (document)
        {
            var faults = new List<Problem>();
            T? read;
            try
            {
                read = T.NamesRules
                    ? T.Read(document.RootElement, faults, await context.RequestServices.GetRequiredService<Rules>().Ids(context.RequestAborted))
                    : T.Read(document.RootElement, faults);
            }
            catch (InvalidOperationException exception)
                when (exception.Source?.StartsWith("System.Text.Json", StringComparison.Ordinal) == true)
            {
                // Bytes that are no UTF-8 and halves of surrogate pairs show only when a text is read.
                return new() { Refusal = new(StatusCodes.Status400BadRequest, "The body holds text that is not Unicode.") };
            }
            return faults.Count > 0 ? new() { Refusal = ProblemResult.Invalid(faults) } : new() { value = read };
        }
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], T.Documentation, T.Optional));

    private static ProblemResult Syntax(JsonException exception, int length)
    {
        if (length == 0)
            return new(StatusCodes.Status400BadRequest, "The body is empty; a JSON object belongs there.");
        var (line, position) = (exception.LineNumber + 1, exception.BytePositionInLine + 1);
        var reason = exception.Message.Split(" LineNumber:")[0];
        return new(StatusCodes.Status400BadRequest, $"The body is not JSON: line {line}, position {position}: {reason}")
        {
            Extensions = new() { ["line"] = line, ["position"] = position },
        };
    }
}
