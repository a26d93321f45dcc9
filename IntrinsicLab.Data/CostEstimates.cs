using System.Text.Json.Nodes;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>Which earlier runs a cost is judged by, the nearest first.</summary>
public enum CostBasis
{
    /// <summary>Runs of the same configuration.</summary>
    Configuration,

    /// <summary>Runs with the same parameters and another budget.</summary>
    Parameters,

    /// <summary>Runs of the same algorithm on the same environment, with other parameters.</summary>
    Task,

    /// <summary>Runs of the same algorithm on environments of the same family.</summary>
    Family,

    /// <summary>There are none.</summary>
    Unknown,
}

/// <summary>What some runs of a plan will cost.</summary>
/// <param name="Algorithm">Id of the algorithm.</param>
/// <param name="Environment">Id of the environment.</param>
/// <param name="Runs">How many runs.</param>
/// <param name="Steps">Environment steps of all of them.</param>
/// <param name="StepsPerSecond">Speed of one run; null where unknown.</param>
/// <param name="Basis">What the speed is known from.</param>
/// <param name="EarlierRuns">How many earlier runs that are.</param>
public sealed record CostPart(string Algorithm, string Environment, int Runs, long Steps, double? StepsPerSecond, CostBasis Basis, int EarlierRuns);

/// <summary>What a plan will cost.</summary>
/// <param name="Runs">How many runs.</param>
/// <param name="Configurations">How many configurations.</param>
/// <param name="Steps">Environment steps of all runs.</param>
/// <param name="ComputeSeconds">Training time of the runs whose speed is known, one after the other, without evaluations; null where none is.</param>
/// <param name="WallSeconds">The same on the slots there are, all of them free; null where none is known or no worker is connected.</param>
/// <param name="Slots">Slots of connected workers that these runs can use.</param>
/// <param name="UnknownRuns">Runs whose speed nothing is known about; they are in neither time.</param>
/// <param name="Parts">By algorithm, environment and basis.</param>
public sealed record CostEstimate(
    int Runs, int Configurations, long Steps, double? ComputeSeconds, double? WallSeconds, int Slots, int UnknownRuns, IReadOnlyList<CostPart> Parts);

/// <summary>Judges what plans will cost by the speed of earlier runs.</summary>
public sealed class CostEstimates(IDbContextFactory<LabDbContext> contexts, TimeProvider time)
{
    // A run that did not end counts once it has outlived its start-up.
    private const double LongEnough = 10;

    private const int Remembered = 50;
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(60);

    /// <summary>Judges runs that are to be queued together.</summary>
    public async Task<CostEstimate> Of(IReadOnlyList<RunPlan> plans, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var oldest = time.GetUtcNow() - SignOfLife;
        var workers = await context.Workers.AsNoTracking().Where(worker => worker.LastSeenAt > oldest)
            .Select(worker => new { worker.CpuSlots, worker.GpuSlots }).ToListAsync(cancellationToken);
        var slots = new Dictionary<string, int>
        {
            [Run.GroupCpu] = workers.Sum(worker => worker.CpuSlots),
            [Run.GroupGpu] = workers.Sum(worker => worker.GpuSlots),
        };
        var histories = new Dictionary<(string, string, string), (List<Past> Task, List<Past> Family)>();
        var parts = new List<CostPart>();
        var durations = new List<(string Group, double Seconds)>();
        // Seeds of one configuration share its records.
        var configurations = plans
            .GroupBy(plan => (plan.Algorithm, plan.Environment, plan.Steps, plan.Device, plan.Parameters, plan.EnvironmentParameters, plan.Wrappers)).ToList();
        foreach (var configuration in configurations)
        {
            var plan = configuration.First();
            var group = plan.Device == "cpu" ? Run.GroupCpu : Run.GroupGpu;
            if (!histories.TryGetValue((plan.Algorithm, plan.Environment, group), out var history))
                histories[(plan.Algorithm, plan.Environment, group)] = history = await Load(context, plan.Algorithm, plan.Environment, group, cancellationToken);
            var (basis, past) = Nearest(plan, history.Task, history.Family);
            double? speed = past.Count > 0 ? past.Sum(run => run.Steps) / past.Sum(run => run.Seconds) : null;
            var count = configuration.Count();
            parts.Add(new(plan.Algorithm, plan.Environment, count, plan.Steps * count, speed, basis, past.Count));
            if (speed is { } known)
                durations.AddRange(Enumerable.Repeat((group, plan.Steps / known), count));
        }
        var usable = plans.Select(plan => plan.Device == "cpu" ? Run.GroupCpu : Run.GroupGpu).Distinct().ToList();
        return new(
            plans.Count, configurations.Count, plans.Sum(plan => plan.Steps),
            durations.Count > 0 ? durations.Sum(run => run.Seconds) : null,
            durations.Count > 0 && usable.All(group => slots[group] > 0)
                ? usable.Max(group => Wall(durations.Where(run => run.Group == group).Select(run => run.Seconds), slots[group])) : null,
            usable.Sum(group => slots[group]), plans.Count - durations.Count,
            [.. parts.GroupBy(part => (part.Algorithm, part.Environment, part.Basis)).Select(Together)]);
    }

    private sealed record Past(string Hash, long Steps, double Seconds, string Parameters);

    private static async Task<(List<Past> Task, List<Past> Family)> Load(
        LabDbContext context, string algorithm, string environment, string group, CancellationToken cancellationToken)
    {
        var past = context.Runs.AsNoTracking().Where(run => run.Algorithm == algorithm && run.ExecutionGroup == group && run.Source == Run.SourceLab
            && run.DeletedAt == null && run.StepsDone > 0 && run.ActiveSeconds > 0
            && (run.Status == RunStatus.Completed || run.ActiveSeconds >= LongEnough));
        var task = await past.Where(run => run.Environment == environment).OrderByDescending(run => run.CreatedAt).Take(Remembered)
            .Select(run => new Past(run.ConfigurationHash, run.StepsDone, run.ActiveSeconds, run.Plan)).ToListAsync(cancellationToken);
        if (task.Count > 0)
            return (task.ConvertAll(run => run with { Parameters = Parameters(JsonNode.Parse(run.Parameters)) }), []);
        var family = EnvironmentCatalog.Find(environment)?.Family;
        var relatives = EnvironmentCatalog.All.Where(entry => entry.Family == family).Select(entry => entry.Id).ToList();
        return ([], await past.Where(run => relatives.Contains(run.Environment)).OrderByDescending(run => run.CreatedAt).Take(Remembered)
            .Select(run => new Past(run.ConfigurationHash, run.StepsDone, run.ActiveSeconds, "")).ToListAsync(cancellationToken));
    }

    private static (CostBasis Basis, List<Past> Past) Nearest(RunPlan plan, List<Past> task, List<Past> family)
    {
        if (task.Count == 0)
            return family.Count > 0 ? (CostBasis.Family, family) : (CostBasis.Unknown, []);
        var hash = plan.ConfigurationHash;
        if (task.Where(run => run.Hash == hash).ToList() is { Count: > 0 } same)
            return (CostBasis.Configuration, same);
        var parameters = Parameters(plan.ToJson());
        var alike = task.Where(run => run.Parameters == parameters).ToList();
        return alike.Count > 0 ? (CostBasis.Parameters, alike) : (CostBasis.Task, task);
    }

    private static string Parameters(JsonNode? plan) => $"{plan?["parameters"]?.ToJsonString()}{plan?["environmentParameters"]?.ToJsonString()}";

    // The slot that falls free first takes the next run, as the queue does.
    private static double Wall(IEnumerable<double> durations, int slots)
    {
        var free = new PriorityQueue<double, double>(Enumerable.Repeat((0.0, 0.0), slots));
        var end = 0.0;
        foreach (var seconds in durations)
        {
            var done = free.Dequeue() + seconds;
            free.Enqueue(done, done);
            end = Math.Max(end, done);
        }
        return end;
    }

    private static CostPart Together(IGrouping<(string, string, CostBasis), CostPart> parts)
    {
        var known = parts.Where(part => part.StepsPerSecond is not null).ToList();
        return parts.First() with
        {
            Runs = parts.Sum(part => part.Runs),
            Steps = parts.Sum(part => part.Steps),
            StepsPerSecond = known.Count > 0 ? known.Sum(part => part.Steps) / known.Sum(part => part.Steps / part.StepsPerSecond!.Value) : null,
            EarlierRuns = parts.Max(part => part.EarlierRuns),
        };
    }
}
