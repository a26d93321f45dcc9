using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>What a run leaves behind besides points: log, artifacts, and the manifest that lets anyone repeat it.</summary>
public static class RunHistoryEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/runs/{id:guid}/log", Log).WithName("ReadLog").Produces<LogPage>(200, "application/json", "text/plain");
        group.MapGet("/runs/{id:guid}/artifacts", Artifacts).WithName("ListArtifacts").Produces<ArtifactList>();
        group.MapGet("/runs/{id:guid}/artifacts/{**name}", Artifact).WithName("ReadArtifact")
            .Produces(200, null, "application/octet-stream");
        group.MapGet("/runs/{id:guid}/manifest", Manifest).WithName("GetManifest").Produces<RunManifest>();
    }

    /// <summary>Lines that the run's process wrote, as JSON or, with 'Accept: text/plain', as they were.</summary>
    public static async Task<IResult> Log(
        Guid id, Query<LogQuery> query, HttpContext context, RunLog log, IDbContextFactory<LabDbContext> contexts,
            CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (!await lab.Exists(id, cancellation))
            return RunEndpoints.Missing(id);
        var lines = await log.Read(id, query.Value.After, query.Value.Limit, cancellation);
        if (context.Request.GetTypedHeaders().Accept.Any(each => each.MediaType == "text/plain"))
            return TypedResults.Text(string.Concat(lines.Select(line => line.Text + "\n")), "text/plain", Encoding.UTF8);
        return TypedResults.Ok(new LogPage(
            [.. lines.Select(line => new LogEntry(line.Sequence, line.Time, line.Stream, line.Text))],
            lines.Count > 0 ? lines[^1].Sequence : query.Value.After));
    }

    /// <summary>Names, types and sizes of a run's artifacts.</summary>
    public static async Task<IResult> Artifacts(
        Guid id, ArtifactStore store, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        return await lab.Exists(id, cancellation)
            ? TypedResults.Ok(new ArtifactList(await store.List(id, cancellation)))
            : RunEndpoints.Missing(id);
    }

    /// <summary>One artifact, as a download. Replays are named 'replays/STEP.json' and figures 'figures/STEP.json', the step in 13 digits.</summary>
    public static async Task<IResult> Artifact(
        Guid id, string name, HttpContext context, ArtifactStore store, IDbContextFactory<LabDbContext> contexts,
            CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (!await lab.Exists(id, cancellation))
            return RunEndpoints.Missing(id);
        if (await store.Get(id, name, cancellation) is not { } artifact)
            return ProblemResult.NotFound($"The run has no artifact '{name}'.");
        var headers = context.Response.Headers;
        headers.CacheControl = "no-cache";
        headers.Vary = HeaderNames.AcceptEncoding;
        // What is stored packed travels so where the caller can unpack it: another form, hence another tag.
        var packed = artifact.Encoding is { } encoding && Accepts(context.Request, encoding);
        if (packed)
            headers.ContentEncoding = artifact.Encoding;
        // A run may have stored anything, HTML too: it is never shown as a page of the lab.
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        var tag = new EntityTagHeaderValue(string.Create(CultureInfo.InvariantCulture,
            $"\"{artifact.CreatedAt.UtcTicks}.{artifact.Size}{(packed ? $".{artifact.Encoding}" : "")}\""));
        return TypedResults.Bytes(packed ? artifact.Content : artifact.Unpack(), artifact.MediaType, name.Split('/')[^1], enableRangeProcessing: true,
            artifact.CreatedAt, tag);
    }

    private static bool Accepts(HttpRequest request, string encoding) =>
        request.GetTypedHeaders().AcceptEncoding.Any(each => each.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase) && each.Quality is not 0);

    /// <summary>Everything that somebody needs to repeat the run, with the command that does.</summary>
    public static async Task<IResult> Manifest(Guid id, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        return await lab.Find(id, cancellation) is { } run ? TypedResults.Ok(new RunManifest(run)) : RunEndpoints.Missing(id);
    }

    internal static Task<bool> Exists(this LabDbContext lab, Guid id, CancellationToken cancellation) =>
        lab.Runs.AnyAsync(run => run.Id == id && run.DeletedAt == null, cancellation);
}

/// <summary>Query of a log.</summary>
public sealed record LogQuery
{
    /// <summary>Lines after this sequence number.</summary>
    [Range(0, long.MaxValue)]
    public long After { get; init; }

    /// <summary>Lines at most.</summary>
    [Range(1, 10_000)]
    public int Limit { get; init; } = 1000;
}

/// <summary>Some lines of a log.</summary>
/// <param name="Items">The lines.</param>
/// <param name="Next">Send it as 'after' for the lines that follow.</param>
public sealed record LogPage(IReadOnlyList<LogEntry> Items, long Next);

/// <summary>One line.</summary>
/// <param name="Sequence">1, 2, 3 … within the run.</param>
/// <param name="Time">When it was written.</param>
/// <param name="Stream">out, err, or lab for what the lab says about the run.</param>
/// <param name="Text">The line.</param>
public sealed record LogEntry(long Sequence, DateTimeOffset Time, string Stream, string Text);

/// <summary>A run's artifacts.</summary>
/// <param name="Items">By name.</param>
public sealed record ArtifactList(IReadOnlyList<ArtifactRow> Items);

/// <summary>What determines a run's result, and what it ran on.</summary>
public sealed record RunManifest
{
    public RunManifest(Run run)
    {
        Plan = JsonNode.Parse(run.Plan)!.AsObject();
        (Run, Source, ConfigurationHash, Seed, Attempt) = (run.Id, run.Source, run.ConfigurationHash, run.Seed, run.Attempt);
        (CodeVersion, GitCommit, LibtorchVersion) = (run.CodeVersion, run.GitCommit, run.LibtorchVersion);
        Packages = run.Packages?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];
        (Host, Hardware, Device, StartedAt, FinishedAt) = (run.Host, run.HardwareDescription, run.Device, run.StartedAt, run.FinishedAt);
        if (run.Source != Data.Run.SourceLab)
            return;
        Command = PlanCommand.Of(Plan.ToJsonString(ApiJson.Options), run.GitCommit);
    }

    public Guid Run { get; }
    public string Source { get; }

    /// <summary>The resolved plan: nothing left to default.</summary>
    public JsonObject Plan { get; }
    public string ConfigurationHash { get; }
    public int Seed { get; }
    public string? CodeVersion { get; }
    public string? GitCommit { get; }
    public string? LibtorchVersion { get; }
    public IReadOnlyList<string> Packages { get; }
    public string? Host { get; }
    public string? Hardware { get; }
    public string Device { get; }
    public int Attempt { get; }
    public DateTimeOffset? StartedAt { get; }
    public DateTimeOffset? FinishedAt { get; }

    /// <summary>Shell command that repeats the run in a checkout of the project; null for external runs.</summary>
    public string? Command { get; }
}
