using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class TrainingBenchmark
{
    public static Task Run()
    {
        // CleanRL's ppo.py reaches about 6,700 steps/s with these settings on one core of a machine like the one this was written on.
        var cartpole = StepsPerSecond("ppo", "cartpole", 400_000, """{"learningRate": 2.5e-4, "normaliseRewards": false}""");
        BenchCommand.Report("PPO on cartpole, CleanRL's settings (4 x 128, 4 x 4)", cartpole, "steps/s",
            string.Create(CultureInfo.InvariantCulture, $"{cartpole / 6700:F1} times the 6,700 of CleanRL's own script on such a core"));
        BenchCommand.Report("A2C on cartpole", StepsPerSecond("a2c", "cartpole", 200_000), "steps/s");
        var game = PhysicsBenchmark.StepsPerSecond(EnvironmentCatalog.Find("breakout")!);
        var grid = StepsPerSecond("ppo", "breakout", 60_000);
        BenchCommand.Report("PPO on breakout, defaults (16 x 128, 4 x 8)", grid, "steps/s",
            string.Create(CultureInfo.InvariantCulture, $"{grid / game:P2} of the game alone: the network's share is the rest"));
        var hopper = EnvironmentCatalog.Find("hopper")!;
        if (hopper.WhyUnavailable() is { } reason)
            Console.WriteLine($"  PPO on hopper: {reason}");
        else
        {
            var physics = PhysicsBenchmark.StepsPerSecond(hopper);
            var training = StepsPerSecond("ppo", "hopper", 60_000);
            BenchCommand.Report("hopper's physics alone", physics, "steps/s");
            BenchCommand.Report("PPO on hopper, Baselines' settings (1 x 2048, 10 x 32)", training, "steps/s",
                string.Create(CultureInfo.InvariantCulture, $"{training / physics:P0} of the physics alone"));
        }
        return Task.CompletedTask;
    }

    private static double StepsPerSecond(string algorithm, string environment, long steps, string parameters = "{}")
    {
        var problems = new List<Problem>();
        using var json = JsonDocument.Parse($$$"""{"algorithm": "{{{algorithm}}}", "environment": "{{{environment}}}", "steps": {{{steps}}}, "parameters": {{{parameters}}}}""");
        using var trainer = new Trainer(RunPlan.Read(json.RootElement, problems)!);
        // The first tenth warms the just-in-time compiler up and is not counted.
        while (trainer.Steps < steps / 10)
            trainer.Update();
        var (begun, watch) = (trainer.Steps, Stopwatch.StartNew());
        while (!trainer.Finished)
            trainer.Update();
        return (trainer.Steps - begun) / watch.Elapsed.TotalSeconds;
    }
}
