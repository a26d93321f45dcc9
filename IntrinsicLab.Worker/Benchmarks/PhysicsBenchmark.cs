using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class PhysicsBenchmark
{
    public static Task Run()
    {
        foreach (var entry in EnvironmentCatalog.All)
            if (entry.WhyUnavailable() is { } reason)
                Console.WriteLine($"  {entry.Id,-58} {reason}");
            else
                BenchCommand.Report(entry.Id, StepsPerSecond(entry), "steps/s", "one thread, random actions, resets included");
        return Task.CompletedTask;
    }

    /// <summary>Steps per second of one environment under random actions, resets included.</summary>
    internal static double StepsPerSecond(EnvironmentEntry entry)
    {
        var factory = EnvironmentCatalog.Factory(entry, Activator.CreateInstance(entry.Parameters)!, new WrapperConfig());
        var steps = factory.Spec.CostlyStep ? 20_000 : 500_000;
        using var batch = new EnvironmentBatch(factory, 1, new Rng(1));
        var draws = new Rng(2);
        var action = new float[factory.Spec.Action.Size];
        batch.Reset();
        return steps / BenchCommand.MedianSeconds(5, () =>
        {
            for (var step = 0; step < steps; step++)
            {
                factory.Spec.Action.Sample(draws, action);
                batch.Step(action);
            }
        });
    }
}
