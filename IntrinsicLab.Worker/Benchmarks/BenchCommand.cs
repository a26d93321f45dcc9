using System.Diagnostics;
using System.Globalization;

namespace IntrinsicLab.Worker.Benchmarks;

/// <summary><c>./lab bench [NAME]</c>: what the lab's hot paths cost on this machine, as medians, with the ratios that hold elsewhere too.</summary>
public static class BenchCommand
{
    private static readonly (string Name, string About, Func<Task> Run)[] All =
    [
        ("tensors", "cost of small tensor operations through libtorch", TensorBenchmark.Run),
        ("physics", "environment steps without learning", PhysicsBenchmark.Run),
        ("grids", "tabular grids and chains in a batch, random actions, resets included", GridBenchmark.Run),
        ("gymnasium", "steps of a trivial Python environment through the bridge, against a bare Python loop", GymnasiumBenchmark.Run),
        ("training", "PPO's steps per second, and its share of what stepping alone reaches", TrainingBenchmark.Run),
        ("lirpg", "updates per second of PPO and of LIRPG on top of it, by both routes of its meta-gradient", LirpgBenchmark.Run),
        ("gain", "information gain of a rollout at once, against a loop over its transitions", GainBenchmark.Run),
        ("trpo", "what an iteration of TRPO costs: sampling, baseline, conjugate gradients, line search", TrpoBenchmark.Run),
        ("sac", "an update of soft actor-critic, against the same on eager autograd", SacBenchmark.Run),
        ("lpg", "meta-updates and environment steps per second, the rule's share of a matrix product, CPU against GPU", LpgBenchmark.Run),
        ("cln", "updates per second of CLN against PPO on as many steps", ClnBenchmark.Run),
        ("storage", "metric ingest, charts of a million points, the run table with 10,000 runs", StorageBenchmark.Run),
        ("compare", "200 runs compared: curves with bands, final scores, profiles, tests", CompareBenchmark.Run),
        ("server", "start of the dashboard, first point of a run, charts and tables over HTTP", ServerBenchmark.Run),
    ];

    public static async Task<int> Run(string? name)
    {
        var chosen = All.Where(benchmark => name is null || benchmark.Name == name).ToList();
        if (chosen.Count == 0)
        {
            await Console.Error.WriteLineAsync($"There is no benchmark '{name}'. Known: {string.Join(", ", All.Select(benchmark => benchmark.Name))}.");
            return 2;
        }
        foreach (var (heading, about, run) in chosen)
        {
            Console.WriteLine($"{heading}: {about}");
            await run();
            Console.WriteLine();
        }
        return 0;
    }

    /// <summary>Median seconds of several timings after one that is not counted.</summary>
    internal static double MedianSeconds(int runs, Action action)
    {
        action();
        var seconds = new double[runs];
        for (var run = 0; run < runs; run++)
        {
            var watch = Stopwatch.StartNew();
            action();
            seconds[run] = watch.Elapsed.TotalSeconds;
        }
        return Median(seconds);
    }

    /// <inheritdoc cref="MedianSeconds(int, Action)"/>
    internal static async Task<double> MedianSeconds(int runs, Func<Task> action)
    {
        await action();
        var seconds = new double[runs];
        for (var run = 0; run < runs; run++)
        {
            var watch = Stopwatch.StartNew();
            await action();
            seconds[run] = watch.Elapsed.TotalSeconds;
        }
        return Median(seconds);
    }

    internal static void Report(string what, double value, string unit, string remark = "") =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what,-58} {Shown(value),12} {unit,-10} {remark}").TrimEnd());

    private static string Shown(double value) => value switch
    {
        >= 1000 => value.ToString("N0", CultureInfo.InvariantCulture).Replace(',', ' '),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        _ => value.ToString("F2", CultureInfo.InvariantCulture),
    };

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
