using System.Text.Json;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TorchSharp;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Whether the lab is up, and whether it can do its work.</summary>
public static class HealthEndpoints
{
    private const long LeastFreeBytes = 256L * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/health").WithTags("Health");
        group.MapGet("/live", Live).WithName("GetLiveness");
        group.MapGet("/ready", Ready).WithName("GetReadiness");
    }

    /// <summary>The process answers.</summary>
    public static Ok<Liveness> Live() => TypedResults.Ok(new Liveness("live"));

    /// <summary>Database, disk space and libraries. 503 while something that every run needs is missing.</summary>
    public static async Task<Results<Ok<Readiness>, ProblemResult>> Ready(
        LabDatabase database, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        Check[] checks =
        [
            await Database(contexts, cancellation),
            Disk(database),
            Libtorch(),
            new("mujoco", false, EnvironmentCatalog.All.FirstOrDefault(each => each.Family == "MuJoCo")?.WhyUnavailable()),
        ];
        var missing = checks.Where(check => check is { Required: true, Ok: false }).ToList();
        if (missing.Count == 0)
            return TypedResults.Ok(new Readiness("ready", checks));
        return new ProblemResult(StatusCodes.Status503ServiceUnavailable, string.Join(" ", missing.Select(check => check.WhyNot)))
        {
            Extensions = new() { ["checks"] = JsonSerializer.SerializeToNode(checks, ApiJson.Options) },
        };
    }

    private static async Task<Check> Database(IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        try
        {
            await using var lab = await contexts.CreateDbContextAsync(cancellation);
            await lab.Runs.AnyAsync(cancellation);
            return new("database", true, null);
        }
        catch (System.Data.Common.DbException exception)
        {
            return new("database", true, $"The database does not answer: {exception.Message}");
        }
    }

    private static Check Disk(LabDatabase database)
    {
        if (database.IsPostgres)
            return new("disk", true, null);
        var free = new DriveInfo(database.DataFolder).AvailableFreeSpace;
        return new("disk", true, free >= LeastFreeBytes
            ? null
            : $"Only {free / 1024 / 1024} MiB are free in the data folder's file system.");
    }

    private static Check Libtorch()
    {
        try
        {
            using var one = torch.ones([1]);
            return new("libtorch", true, one.item<float>() == 1 ? null : "libtorch computes wrongly.");
        }
        catch (Exception exception) when (exception
            is DllNotFoundException or TypeInitializationException or NotSupportedException or BadImageFormatException)
        {
            return new("libtorch", true, $"libtorch cannot be loaded: {(exception.InnerException ?? exception).Message}");
        }
    }
}

/// <summary>The process answers.</summary>
/// <param name="Status">live.</param>
public sealed record Liveness(string Status);

/// <summary>What the lab needs, and whether it is there.</summary>
/// <param name="Status">ready.</param>
/// <param name="Checks">One by one.</param>
public sealed record Readiness(string Status, IReadOnlyList<Check> Checks);

/// <summary>One need.</summary>
/// <param name="Name">What.</param>
/// <param name="Required">Every run needs it; otherwise only some environments do.</param>
/// <param name="WhyNot">What is missing; null where nothing is.</param>
public sealed record Check(string Name, bool Required, string? WhyNot)
{
    public bool Ok => WhyNot is null;
}
