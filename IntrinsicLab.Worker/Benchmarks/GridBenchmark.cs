using System.Globalization;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.GridWorlds;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class GridBenchmark
{
    private const int Lifetimes = 32;
    private const int Environments = 16;
    private const int Rows = 400;

    public static Task Run()
    {
        WarmUp();
        GridConfiguration[] grids =
        [
            GridConfiguration.Dense, GridConfiguration.Sparse, GridConfiguration.LongerHorizon, GridConfiguration.LongDense,
            GridConfiguration.RandomLevelSmall,
        ];
        foreach (var configuration in grids)
        {
            var speed = BatchSpeed(rng => GridLevel.Draw(configuration, GridActionSet.NineMoves, rng));
            using var environment = new GridTabular(
                new GridTabularConfig { Configuration = configuration, Observation = GridObservation.Compact });
            Report($"grid, {configuration}", speed, SingleSpeed(environment));
        }
        foreach (var configuration in (ChainConfiguration[])[ChainConfiguration.Short, ChainConfiguration.LongNoisy])
        {
            using var environment = new DelayedChain(new DelayedChainConfig { Configuration = configuration });
            Report($"chain, {configuration}", BatchSpeed(rng => ChainLevel.Draw(configuration, rng)), SingleSpeed(environment));
        }
        return Task.CompletedTask;
    }

    // Long enough for the just-in-time compiler to put its optimised code in place, which it does in the background.
    private static void WarmUp()
    {
        using var grid = new GridTabular(new GridTabularConfig { Observation = GridObservation.Compact });
        using var chain = new DelayedChain(new DelayedChainConfig());
        for (var round = 0; round < 5; round++)
        {
            BatchSpeed(rng => GridLevel.Draw(GridConfiguration.Dense, GridActionSet.NineMoves, rng));
            BatchSpeed(rng => ChainLevel.Draw(ChainConfiguration.Short, rng));
            SingleSpeed(grid);
            SingleSpeed(chain);
        }
    }

    private static void Report(string what, double batch, double single) => BenchCommand.Report(
        $"{what}, batch of {Lifetimes} × {Environments} on one thread", batch / 1e6, "M steps/s",
        string.Create(CultureInfo.InvariantCulture, $"{batch / single:F1} × the single environment ({single / 1e6:F1})"));

    private static double BatchSpeed(Func<Rng, ITabularLevel> draw)
    {
        const int count = Lifetimes * Environments;
        var batch = new TabularBatch(Lifetimes, Environments, new Rng(1));
        for (var lifetime = 0; lifetime < Lifetimes; lifetime++)
            batch.Begin(lifetime, lifetime, draw(batch.Stream(lifetime).Split("level")));
        var (actions, next, rewards, ends) = (new byte[Rows * count], new int[count], new float[count], new StepEnd[count]);
        var rng = new Rng(2);
        foreach (ref var action in actions.AsSpan())
            action = (byte)rng.NextInt(batch.Level(0).Actions);
        return Rows * count / BenchCommand.MedianSeconds(15, () =>
        {
            for (var row = 0; row < Rows; row++)
                batch.Step(actions.AsSpan(row * count, count), next, rewards, ends);
        });
    }

    private static double SingleSpeed(IEnvironment environment)
    {
        const int steps = 200_000;
        var rng = new Rng(1);
        var actions = new float[steps];
        foreach (ref var action in actions.AsSpan())
            action = rng.NextInt(((Discrete)environment.Spec.Action).Count);
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(rng, observation);
        return steps / BenchCommand.MedianSeconds(7, () =>
        {
            foreach (ref var action in actions.AsSpan())
                if (environment.Step(new ReadOnlySpan<float>(ref action), observation).Ended)
                    environment.Reset(rng, observation);
        });
    }
}
