using System.Globalization;
using System.Text.Json;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class LirpgBenchmark
{
    private const string Settings = "\"environments\": 1, \"epochs\": 10, \"normaliseObservations\": true, \"normaliseRewards\": true";

    public static Task Run()
    {
        WarmUp("ppo", "lirpg");
        // Half-cheetah never falls: every step's reward reaches the minibatch, where hopper's and segway's first episodes leave most of them out. The
        // worlds of segway and pendulum cost next to nothing, so that what is compared there is learning alone; pendulum's long episodes make it the dearest.
        // LIRPG's cost grows with the rollout, PPO's with the minibatch: 512 steps are what the reduced plans on small worlds take.
        foreach (var (environment, steps) in new[] { ("hopper", 2048), ("half-cheetah", 2048), ("segway", 2048), ("segway", 512), ("pendulum", 2048), ("pendulum", 512) })
        {
            if (EnvironmentCatalog.Find(environment)!.WhyUnavailable() is { } reason)
            {
                Console.WriteLine($"  {environment}: {reason}");
                continue;
            }
            using var ppo = Make("ppo", environment, steps);
            using var lirpg = Make("lirpg", environment, steps);
            using var twice = Make("lirpg", environment, steps, "\"metaGradient\": \"double-backpropagation\"");
            // In turns and in processor time, so that a machine that is busy elsewhere slows all of them down alike.
            List<double> plain = [], once = [], slow = [];
            for (var round = 0; round < 8; round++)
            {
                plain.Add(Seconds(ppo));
                once.Add(Seconds(lirpg));
                if (round < 4)
                    slow.Add(Seconds(twice));
            }
            BenchCommand.Report($"PPO on {environment} (1 x {steps}, 10 x {steps / 64})", 1 / Median(plain), "updates/s");
            BenchCommand.Report($"LIRPG on {environment}, first order", 1 / Median(once), "updates/s", Ratio(once, plain));
            BenchCommand.Report($"LIRPG on {environment}, double back-propagation", 1 / Median(slow), "updates/s", Ratio(slow, plain));
        }
        return Task.CompletedTask;
    }

    /// <summary>A run with the settings that all methods are compared at.</summary>
    internal static Trainer Make(string algorithm, string environment, int steps = 2048, string more = "")
    {
        var problems = new List<Problem>();
        var size = $"{Settings}, \"stepsPerRollout\": {steps}, \"minibatches\": {steps / 64}";
        var parameters = more.Length == 0 ? size : $"{size}, {more}";
        using var json = JsonDocument.Parse(
            $$$"""{"algorithm": "{{{algorithm}}}", "environment": "{{{environment}}}", "steps": 1000000, "parameters": {{{{parameters}}}}}""");
        return new Trainer(RunPlan.Read(json.RootElement, problems)!);
    }

    /// <summary>Lets the just-in-time compiler finish, whose work would be counted too.</summary>
    internal static void WarmUp(params ReadOnlySpan<string> algorithms)
    {
        foreach (var algorithm in algorithms)
        {
            using var trainer = Make(algorithm, "segway");
            for (var update = 0; update < 12; update++)
                trainer.Update();
        }
    }

    /// <summary>Processor time of one update.</summary>
    internal static double Seconds(Trainer trainer)
    {
        var begun = Environment.CpuUsage.TotalTime;
        trainer.Update();
        return (Environment.CpuUsage.TotalTime - begun).TotalSeconds;
    }

    /// <summary>Over all but the first two updates.</summary>
    internal static double Median(List<double> seconds)
    {
        var counted = seconds.Skip(2).Order().ToList();
        return counted[counted.Count / 2];
    }

    /// <summary>Ratio of the medians, and between which two the ratios of single rounds lie.</summary>
    internal static string Ratio(List<double> seconds, List<double> plain)
    {
        var single = seconds.Zip(plain, (left, right) => left / right).Skip(2).ToList();
        return string.Create(
            CultureInfo.InvariantCulture, $"{Median(seconds) / Median(plain):F1} times the time of PPO ({single.Min():F1} to {single.Max():F1})");
    }
}
