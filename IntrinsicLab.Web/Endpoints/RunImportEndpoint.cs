using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data.Imports;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Curves of other programs, from files.</summary>
public static class RunImportEndpoint
{
    private const int MostFiles = 50;

    public static void Map(RouteGroupBuilder group) =>
        group.MapPost("/runs/import", Import).WithName("ImportRuns").Accepts<string>("text/csv", "multipart/form-data");

    /// <summary>
    /// Reads tables of curves (one column per metric, or metric and value), Stable-Baselines3's monitor.csv and TensorBoard's CSV, and stores each run
    /// as an external one, all or nothing. With 'preview' nothing is stored and the answer lists what was recognised and every fault with its
    /// line and column. Content that the lab has already is named, not stored again.
    /// </summary>
    public static async Task<Results<Ok<ImportResource>, Created<ImportResource>, ProblemResult>> Import(
        Query<ImportQuery> query, HttpContext context, RunImports imports, CancellationToken cancellation)
    {
        if (context.Request.ContentLength > RequestBody.Largest)
            return TooLarge();
        var asked = query.Value;
        var files = new List<(string Name, CurveFile File)>();
        try
        {
            await using var body = new Bounded(Unpacked(context), RequestBody.Largest);
            if (MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) && type.MediaType == "multipart/form-data")
            {
                if (HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 } boundary)
                    return new ProblemResult(StatusCodes.Status400BadRequest, "The body is announced as multipart/form-data without a boundary.");
                var reader = new MultipartReader(boundary, body);
                while (await reader.ReadNextSectionAsync(cancellation) is { } section)
                {
                    if (section.AsFileSection() is not { } part)
                        continue;
                    if (files.Count == MostFiles)
                        return ProblemResult.Invalid("", $"At most {MostFiles} files at once.");
                    files.Add(await Read(part.FileName, section.Body, asked, cancellation));
                }
            }
            else
                files.Add(await Read(asked.File.Length > 0 ? asked.File : "import.csv", body, asked, cancellation));
        }
        catch (TooLargeException)
        {
            return TooLarge();
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge();
        }
        catch (InvalidDataException exception)
        {
            return new ProblemResult(StatusCodes.Status400BadRequest, $"The body could not be read: {exception.Message}");
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            return new ProblemResult(StatusCodes.Status400BadRequest, $"The body could not be read: {exception.Message}");
        }
        if (files.Count == 0)
            return ProblemResult.Invalid("", "The body has no file.");

        var runs = files.SelectMany(each => each.File.Runs).ToList();
        var faulty = files.Any(each => each.File.ProblemCount > 0);
        if (faulty && !asked.Preview)
            return Refuse(files);
        var names = string.Join(", ", files.Select(each => each.Name));
        var outcomes = asked.Preview
            ? await imports.Compare(runs, cancellation)
            : await imports.Store(runs, names.Length > 200 ? $"{files.Count} files" : names, RunEndpoints.Actor, cancellation);
        var resource = ImportResource.Of(asked.Preview, files, outcomes);
        return resource.Created > 0 ? TypedResults.Created($"/api/v1/runs?tag={RunImports.Tag}", resource) : TypedResults.Ok(resource);
    }

    private static async Task<(string, CurveFile)> Read(string name, Stream body, ImportQuery query, CancellationToken cancellation)
    {
        // Line by line, but the reader is synchronous and the body is not: what one line needs is fetched in one go.
        using var buffer = new FileBufferingReadStream(body, 1 << 20);
        await buffer.DrainAsync(cancellation);
        buffer.Position = 0;
        using var text = new StreamReader(buffer, Encoding.UTF8);
        var file = Path.GetFileName(name.Replace('\\', '/'));
        return (file, CurveFile.Read(text, new ImportDefaults
        {
            File = file,
            Name = query.Name,
            Algorithm = query.Algorithm,
            Environment = query.Environment,
            Seed = query.Seed < 0 ? null : query.Seed,
            Metric = query.Metric,
        }));
    }

    private static Stream Unpacked(HttpContext context) => context.Request.Headers.ContentEncoding == "gzip"
        ? new GZipStream(context.Request.Body, CompressionMode.Decompress)
        : context.Request.Body;

    private static ProblemResult Refuse(List<(string Name, CurveFile File)> files)
    {
        var all = files.SelectMany(each => each.File.Problems.Select(problem => (each.Name, Problem: problem))).ToList();
        var count = files.Sum(each => each.File.ProblemCount);
        return new(StatusCodes.Status400BadRequest, $"{(count == 1 ? "One place of the file is wrong" : $"{count} places are wrong")}; nothing was stored.")
        {
            Faults = [.. all.Select(each => new Problem(
                (files.Count > 1 ? Problem.At("", each.Name) : "") + $"/{each.Problem.Line.ToString(CultureInfo.InvariantCulture)}"
                + (each.Problem.Name.Length > 0 ? Problem.At("", each.Problem.Name) : ""), each.Problem.Message))],
            Extensions = new() { ["count"] = count },
        };
    }

    private static ProblemResult TooLarge() => new(StatusCodes.Status413PayloadTooLarge,
        $"The file is larger than the {RequestBody.Largest / 1024 / 1024} MiB allowed here (unpacked). Split it by run, or leave out metrics.")
    {
        Extensions = new() { ["limit"] = RequestBody.Largest },
    };

    private sealed class TooLargeException : Exception;

    private sealed class Bounded(Stream inner, long most) : Stream
    {
        private long read;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => read;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            return (read += count) > most ? throw new TooLargeException() : count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>Query of an import: what the file does not say itself.</summary>
public sealed record ImportQuery
{
    /// <summary>Only tell what would be stored.</summary>
    public bool Preview { get; init; }

    /// <summary>Name of the file, where it is the body itself.</summary>
    public string File { get; init; } = "";

    /// <summary>Name of the run, where the file has one without a name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The algorithm, where the file does not say.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>The environment, where the file does not say.</summary>
    public string Environment { get; init; } = "";

    /// <summary>The seed, where the file does not say; -1 for 1.</summary>
    [System.ComponentModel.DataAnnotations.Range(-1, int.MaxValue)]
    public int Seed { get; init; } = -1;

    /// <summary>The metric of a single column of values; return/extrinsic when left out.</summary>
    public string Metric { get; init; } = "";
}

/// <summary>What was recognised, and what became of it.</summary>
/// <param name="Preview">Nothing was stored.</param>
/// <param name="Files">File by file.</param>
/// <param name="Created">Runs stored now; in a preview 0.</param>
/// <param name="Existing">Runs that the lab had already, by content.</param>
/// <param name="Points">Points of all runs of the files.</param>
public sealed record ImportResource(bool Preview, IReadOnlyList<ImportedFileResource> Files, int Created, int Existing, long Points)
{
    internal static ImportResource Of(bool preview, IReadOnlyList<(string Name, CurveFile File)> files, IReadOnlyList<ImportOutcome> outcomes)
    {
        var next = 0;
        return new(preview,
            [.. files.Select(each =>
            {
                var own = outcomes.Skip(next).Take(each.File.Runs.Count).ToList();
                next += own.Count;
                return new ImportedFileResource(each.Name, each.File.Format, each.File.Columns, [.. own.Select(ImportedRunResource.Of)], each.File.Warnings,
                    each.File.Problems, each.File.ProblemCount);
            })],
            preview ? 0 : outcomes.Count(each => !each.Existed), outcomes.Count(each => each.Existed), outcomes.Sum(each => each.Run.Points));
    }
}

/// <summary>One file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Format">What it was taken for.</param>
/// <param name="Columns">What each column was taken for.</param>
/// <param name="Runs">Its runs.</param>
/// <param name="Warnings">What a reader should know.</param>
/// <param name="Problems">The first faults, each with line and column.</param>
/// <param name="ProblemCount">How many there are.</param>
public sealed record ImportedFileResource(
    string Name, string Format, IReadOnlyList<ImportColumn> Columns, IReadOnlyList<ImportedRunResource> Runs, IReadOnlyList<string> Warnings,
    IReadOnlyList<ImportProblem> Problems, int ProblemCount);

/// <summary>One run of a file.</summary>
/// <param name="Id">Id of the lab's run; null while there is none.</param>
/// <param name="State">new, created or exists.</param>
/// <param name="Name">Its name.</param>
/// <param name="Algorithm">Its algorithm.</param>
/// <param name="Environment">Its environment.</param>
/// <param name="EnvironmentParameters">What its environment's name says of parameters.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Steps">Its last step.</param>
/// <param name="Points">Its points.</param>
/// <param name="Metrics">Its metrics.</param>
public sealed record ImportedRunResource(
    Guid? Id, string State, string Name, string Algorithm, string Environment, JsonObject EnvironmentParameters, int Seed, long Steps, long Points,
    IReadOnlyList<string> Metrics)
{
    internal static ImportedRunResource Of(ImportOutcome outcome)
    {
        var run = outcome.Run;
        return new(outcome.Id, outcome.Existed ? "exists" : outcome.Id is null ? "new" : "created", run.Name, run.Algorithm, run.Environment,
            (JsonObject)run.EnvironmentParameters.DeepClone(), run.Seed, run.Steps, run.Points, [.. run.Series.Keys.Order(StringComparer.Ordinal)]);
    }
}
