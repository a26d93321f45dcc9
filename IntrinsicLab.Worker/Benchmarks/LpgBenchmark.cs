using System.Globalization;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Core.Networks;
using static TorchSharp.torch;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class LpgBenchmark
{
    private const int Rounds = 9, Steps = 20, Copies = 16, Predictions = 8, MatrixSize = 512;

    public static Task Run()
    {
        set_num_threads(1);
        var peak = Peak();
        BenchCommand.Report("matrix product, best of this machine", peak / 1e9, "GFLOP/s", $"{MatrixSize} × {MatrixSize}, libtorch, one thread");
        foreach (var units in new[] { 32, 64, 256 })
        {
            var (speed, operations) = RuleSpeed(units);
            BenchCommand.Report(
                $"rule of {units} units, forward and back", speed * operations / 1e9, "GFLOP/s",
                string.Create(CultureInfo.InvariantCulture, $"{speed:N0} steps/s, {100 * speed * operations / peak:F0} % of the matrix product"));
        }
        var config = new LpgConfig();
        var own = UpdateSeconds(config, CPU);
        var steps = (long)config.Lifetimes * config.Environments * config.StepsPerRollout * (config.UpdatesPerWindow + 1);
        BenchCommand.Report(
            "meta-update, own passes, one thread", 1000 * own, "ms",
            string.Create(CultureInfo.InvariantCulture, $"{steps / own:N0} environment steps/s, {config.Lifetimes * config.UpdatesPerWindow / own:N0} updates of agents/s; level-mix, defaults"));
        var tensors = UpdateSeconds(config with { Gradients = GradientEngine.Autograd }, CPU);
        BenchCommand.Report("meta-update, libtorch, one thread", 1000 * tensors, "ms", string.Create(CultureInfo.InvariantCulture, $"{tensors / own:F1} times as long"));
        if (!cuda.is_available())
        {
            Console.WriteLine("  no graphics card here that libtorch can use: CPU against GPU is printed where there is one");
            return Task.CompletedTask;
        }
        foreach (var wide in new[] { config, config with { Lifetimes = 256, Environments = 64, Units = 256, Predictions = 30 } })
        {
            var card = UpdateSeconds(wide, device("cuda"));
            var here = UpdateSeconds(wide with { Threads = Environment.ProcessorCount }, CPU);
            BenchCommand.Report(
                $"meta-update, graphics card, {wide.Lifetimes} lifetimes, {wide.Units} units", 1000 * card, "ms",
                string.Create(CultureInfo.InvariantCulture, $"the CPU with all its threads: {1000 * here:F0} ms, {here / card:F1} times as long"));
        }
        return Task.CompletedTask;
    }

    // Multiplications and additions per second.
    private static double Peak()
    {
        using var left = randn([MatrixSize, MatrixSize], ScalarType.Float32);
        var best = 0.0;
        for (var round = 0; round < 5 * Rounds; round++)
        {
            var begun = Environment.CpuUsage.TotalTime;
            for (var i = 0; i < 10; i++)
                left.mm(left).Dispose();
            best = Math.Max(best, 10 * 2.0 * MatrixSize * MatrixSize * MatrixSize / (Environment.CpuUsage.TotalTime - begun).TotalSeconds);
        }
        return best;
    }

    // Steps of a rollout per second of processor time, and what a step costs: its forward pass once, and twice that on the way back.
    private static (double Speed, double Operations) RuleSpeed(int units)
    {
        var (network, rng, rows) = (new RuleNetwork(Predictions, units, RuleSemantics.Predictions), new Rng(1), Steps * Copies);
        var pass = new RulePass<float>(network, Steps, Copies);
        var (parameters, gradient) = (new float[network.ParameterCount], new float[network.ParameterCount]);
        network.Initialise(parameters, rng);
        float[] rewards = Random(rows), probabilities = Random(rows), states = Random((rows + Copies) * Predictions);
        float[] slopes = Random(rows), predictionSlopes = Random(rows * Predictions), back = new float[rows], stateBack = new float[states.Length];
        var ends = new bool[rows];
        var seconds = Median(() =>
        {
            pass.Forward(parameters, rewards, ends, 0.99f, probabilities, states);
            pass.Backward(parameters, states, slopes, predictionSlopes, gradient, back, stateBack);
        }, 4096 / units);
        return (rows / seconds, 3.0 * network.OperationsPerStep);

        float[] Random(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)rng.NextGaussian())];
    }

    private static double UpdateSeconds(LpgConfig config, Device device)
    {
        var factory = EnvironmentCatalog.Factory(EnvironmentCatalog.Find("level-mix")!, new LevelMixConfig());
        using var learner = new Lpg(config with { FirstUpdates = 0 }, new TrainingSetup(factory, 1_000_000_000, new Rng(1), device));
        return device.type == TorchSharp.DeviceType.CPU && config.Threads == 1
            ? Median(() => learner.Update(), 2)
            : BenchCommand.MedianSeconds(Rounds, () => learner.Update());
    }

    // In processor time, so that a machine that is busy elsewhere counts as quiet.
    private static double Median(Action action, int repeats)
    {
        List<double> seconds = [];
        for (var round = 0; round < Rounds + 3; round++)
        {
            var begun = Environment.CpuUsage.TotalTime;
            for (var i = 0; i < repeats; i++)
                action();
            seconds.Add((Environment.CpuUsage.TotalTime - begun).TotalSeconds / repeats);
        }
        return seconds.Skip(3).Order().ElementAt(Rounds / 2);
    }
}
