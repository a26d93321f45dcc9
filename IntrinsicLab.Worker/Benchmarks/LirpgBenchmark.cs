using System.Globalization;
using System.Text.Json;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class LirpgBenchmark
{
    private const string Settings =
        "\"environments\": 1, \"stepsPerRollout\": 2048, \"minibatches\": 32, \"epochs\": 10, \"normaliseObservations\": true, \"normaliseRewards\": true";

    public static Task Run()
    {
        // Half-cheetah never falls: every step's reward reaches the minibatch, where hopper's first episodes leave most of them out. Segway's world
        // costs next to nothing, so that what is compared there is learning alone.
        foreach (var environment in new[] { "hopper", "half-cheetah", "segway" })
        {
            if (EnvironmentCatalog.Find(environment)!.WhyUnavailable() is { } reason)
            {
                Console.WriteLine($"  {environment}: {reason}");
                continue;
            }
            using var ppo = Make("ppo", environment, Settings);
            using var lirpg = Make("lirpg", environment, Settings);
            using var twice = Make("lirpg", environment, $"{Settings}, \"metaGradient\": \"double-backpropagation\"");
            // In turns and in processor time, so that a machine that is busy elsewhere slows all of them down alike.
            List<double> plain = [], once = [], slow = [];
            for (var round = 0; round < 8; round++)
            {
                plain.Add(Seconds(ppo));
                once.Add(Seconds(lirpg));
                if (round < 4)
                    slow.Add(Seconds(twice));
            }
            var (a, b, c) = (Median(plain), Median(once), Median(slow));
            BenchCommand.Report($"PPO on {environment} (1 x 2048, 10 x 32)", 1 / a, "updates/s");
            BenchCommand.Report($"LIRPG on {environment}, first order", 1 / b, "updates/s", Ratio(b / a));
            BenchCommand.Report($"LIRPG on {environment}, double back-propagation", 1 / c, "updates/s", Ratio(c / a));
        }
        return Task.CompletedTask;
    }

    private static string Ratio(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio:F2} times the time of PPO");

    private static Trainer Make(string algorithm, string environment, string parameters)
    {
        var problems = new List<Problem>();
        using var json = JsonDocument.Parse(
            $$$"""{"algorithm": "{{{algorithm}}}", "environment": "{{{environment}}}", "steps": 1000000, "parameters": {{{{parameters}}}}}""");
        return new Trainer(RunPlan.Read(json.RootElement, problems)!);
    }

    private static double Seconds(Trainer trainer)
    {
        var begun = Environment.CpuUsage.TotalTime;
        trainer.Update();
        return (Environment.CpuUsage.TotalTime - begun).TotalSeconds;
    }

    // The first two warm the just-in-time compiler up.
    private static double Median(List<double> seconds)
    {
        var counted = seconds.Skip(2).Order().ToList();
        return counted[counted.Count / 2];
    }
}
