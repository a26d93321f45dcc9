using System.Diagnostics;
using System.Globalization;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Mujoco;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class PhysicsBenchmark
{
    public static Task Run()
    {
        if (MujocoLibrary.WhyUnavailable() is null)
            ReportRatios();
        Console.WriteLine("  one thread, random actions, resets included");
        var measure = StepsPerSecond(EnvironmentCatalog.Find("cartpole")!);
        foreach (var entry in EnvironmentCatalog.All.Where(entry => !entry.NeedsParameters))
            if (entry.WhyUnavailable() is { } reason)
                Console.WriteLine($"  {entry.Id,-58} {reason}");
            else
            {
                var speed = StepsPerSecond(entry);
                BenchCommand.Report(
                    entry.Id, speed, "steps/s", string.Create(CultureInfo.InvariantCulture, $"{speed / measure:G2} of cartpole's"));
            }
        return Task.CompletedTask;
    }

    private static void ReportRatios()
    {
        using var hopper = new Hopper(new HopperConfig { TerminateWhenUnhealthy = false });
        ReportEngineShare("hopper", hopper, hopper.Simulation, frames: 4, externalForces: false);
        using var cheetah = new HalfCheetah(new HalfCheetahConfig());
        ReportEngineShare("half-cheetah", cheetah, cheetah.Simulation, frames: 5, externalForces: false);
        using var humanoid = new Humanoid(new HumanoidConfig { TerminateWhenUnhealthy = false });
        ReportEngineShare("humanoid", humanoid, humanoid.Simulation, frames: 5, externalForces: true);
        foreach (var id in (string[])["hopper", "half-cheetah", "humanoid"])
            BenchCommand.Report($"{id}, two threads", ThreadSpeedUp(id, threads: 2), "times one", "16 environments, equal episodes");
    }

    /// <summary>Steps per second of one environment under random actions, resets included.</summary>
    internal static double StepsPerSecond(EnvironmentEntry entry)
    {
        var factory = EnvironmentCatalog.Factory(entry, Activator.CreateInstance(entry.Parameters)!, new WrapperConfig());
        var steps = factory.Spec.CostlyStep ? 8_000 : 500_000;
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

    /// <summary>What share of the speed of MuJoCo's own loop whole steps reach, through equal states under equal controls.</summary>
    private static void ReportEngineShare(string id, IEnvironment environment, MujocoSimulation simulation, int frames, bool externalForces)
    {
        // Few steps at a time: a pause that the machine makes then spoils one of the repetitions only.
        const int steps = 20, chunks = 60, chunksPerEpisode = 10;
        var draws = new Rng(1);
        var size = environment.Spec.Action.Size;
        var (actions, controls) = (new float[steps * size], new double[steps * size]);
        var observation = new float[environment.Spec.Observation.Size];
        var (stepping, engine) = (0.0, 0.0);
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            if (chunk % chunksPerEpisode == 0)
                environment.Reset(draws, observation);
            using var start = new MemoryStream();
            environment.Save(new BinaryWriter(start));
            for (var step = 0; step < steps; step++)
                environment.Spec.Action.Sample(draws, actions.AsSpan(step * size, size));
            for (var index = 0; index < actions.Length; index++)
                controls[index] = actions[index];
            var best = Best(
                repeats: 15,
                () => environment.Load(new BinaryReader(Rewound(start)), draws),
                () =>
                {
                    for (var step = 0; step < steps; step++)
                        environment.Step(actions.AsSpan(step * size, size), observation);
                },
                () => simulation.Loop(controls, frames, externalForces));
            stepping += best[0];
            engine += best[1];
        }
        BenchCommand.Report($"{id}, share of the engine's own speed", 100 * engine / stepping, "%", "whole steps against a loop in C");
    }

    private static double ThreadSpeedUp(string id, int threads)
    {
        const int count = 16, steps = 5;
        var factory = EnvironmentCatalog.Factory(EnvironmentCatalog.Find(id)!);
        using var one = new EnvironmentBatch(factory, count, new Rng(1));
        using var several = new EnvironmentBatch(factory, count, new Rng(1), threads);
        var draws = new Rng(2);
        var actions = new float[steps][];
        var (alone, shared) = (0.0, 0.0);
        one.Reset();
        for (var round = 0; round < 20; round++)
        {
            using var start = new MemoryStream();
            one.Save(new BinaryWriter(start));
            for (var step = 0; step < steps; step++)
            {
                actions[step] = new float[count * factory.Spec.Action.Size];
                for (var index = 0; index < count; index++)
                    factory.Spec.Action.Sample(draws, actions[step].AsSpan(index * factory.Spec.Action.Size, factory.Spec.Action.Size));
            }
            var best = Best(
                repeats: 15,
                () =>
                {
                    one.Load(new BinaryReader(Rewound(start)));
                    several.Load(new BinaryReader(Rewound(start)));
                },
                () => Array.ForEach(actions, action => one.Step(action)),
                () => Array.ForEach(actions, action => several.Step(action)));
            alone += best[0];
            shared += best[1];
        }
        return alone / shared;
    }

    // Shortest of several times each, in turn, so that what else the machine does weighs on neither side.
    private static double[] Best(int repeats, Action prepare, params Action[] actions)
    {
        var best = actions.Select(_ => double.PositiveInfinity).ToArray();
        for (var repeat = 0; repeat < repeats; repeat++)
            foreach (var (index, action) in actions.Index())
            {
                prepare();
                var watch = Stopwatch.StartNew();
                action();
                best[index] = Math.Min(best[index], watch.Elapsed.TotalSeconds);
            }
        return best;
    }

    private static MemoryStream Rewound(MemoryStream stream)
    {
        stream.Position = 0;
        return stream;
    }
}
