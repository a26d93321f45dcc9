using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntrinsicLab.Worker;

/// <summary>What a run has learned, as its newest good checkpoint has it, ready to act.</summary>
/// <param name="trainer">The run's algorithm, with the checkpoint loaded.</param>
/// <param name="environments">Its world.</param>
internal sealed class RunPolicy(Trainer trainer, EnvironmentFactory environments) : IDisposable
{
    /// <summary>The run's plan.</summary>
    public RunPlan Plan => trainer.Plan;

    /// <summary>Environment steps of training that it has seen.</summary>
    public long Step => trainer.Steps;

    /// <summary>What is observed and done.</summary>
    public EnvironmentSpec Spec => environments.Spec;

    /// <summary>Numbers that the learner has for steps.</summary>
    public IReadOnlyList<StepTrace> Traces => trainer.Traces;

    /// <summary>What makes the run's environments; without the time limit, where a trip shall go on.</summary>
    public EnvironmentFactory Environments(bool withoutTimeLimit) => !withoutTimeLimit
        ? environments
        : EnvironmentCatalog.Factory(EnvironmentCatalog.Find(Plan.Environment)!, Plan.EnvironmentParameters, Plan.Wrappers with { TimeLimit = LongestTrip });

    // The most that the wrapper's range allows.
    private const int LongestTrip = 10_000_000;

    /// <inheritdoc cref="IPolicy.Begin"/>
    public void Begin() => trainer.Policy.Begin();

    /// <inheritdoc cref="IPolicy.Paid"/>
    public void Paid(double reward) => trainer.Policy.Paid(reward);

    /// <summary>Writes the most likely action for an observation, within the action space.</summary>
    public void Act(ReadOnlySpan<float> observation, Span<float> action)
    {
        trainer.Policy.Act(observation, action);
        if (Spec.Action is Box box)
            for (var axis = 0; axis < action.Length; axis++)
                action[axis] = Math.Clamp(action[axis], box.Low[axis], box.High[axis]);
    }

    public void Dispose() => trainer.Dispose();

    /// <summary>Loads what a run of the lab that the settings name has learned; null with the reason where it cannot be had.</summary>
    public static async Task<(RunPolicy? Policy, string Why)> Load(Guid id)
    {
        var services = new ServiceCollection().AddLabData(new ConfigurationBuilder().AddEnvironmentVariables().Build());
        await using var provider = services.BuildServiceProvider();
        string json;
        await using (var context = await provider.GetRequiredService<IDbContextFactory<LabDbContext>>().CreateDbContextAsync())
        {
            if (await context.Runs.AsNoTracking().SingleOrDefaultAsync(each => each.Id == id) is not { } run)
                return (null, "There is no such run.");
            json = run.Plan;
        }
        var problems = new List<Problem>();
        using var document = JsonDocument.Parse(json);
        if (RunPlan.Read(document.RootElement, problems) is not { } plan)
            return (null, $"Its plan cannot be run here: {string.Join(" ", problems.Select(problem => $"{problem.Pointer} {problem.Message}".Trim()))}");
        var why = "It has no checkpoint yet.";
        Trainer? trainer = null;
        try
        {
            var found = await provider.GetRequiredService<CheckpointStore>().LoadLastGood(id, Loads, step => why = $"Its checkpoint at step {step} cannot be used. {why}");
            if (found is not null)
                return (new RunPolicy(trainer!, plan.CreateEnvironments()), "");
        }
        catch (Exception error)
        {
            // The one place that catches everything: whatever an algorithm or environment throws is why there is nothing to play.
            why = $"It cannot be made again here. {error.GetType().Name}: {error.Message}";
        }
        trainer?.Dispose();
        return (null, why);

        bool Loads(Checkpoint checkpoint)
        {
            // One that failed to load may be half filled.
            trainer?.Dispose();
            trainer = null;
            trainer = new Trainer(plan, provider.GetRequiredService<Rules>().Find);
            try
            {
                using var content = new MemoryStream(checkpoint.Content);
                trainer.Load(content);
                return true;
            }
            catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
            {
                why = error.Message;
                return false;
            }
        }
    }
}
