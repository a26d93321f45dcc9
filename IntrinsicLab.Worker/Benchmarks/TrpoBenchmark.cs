using System.Globalization;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class TrpoBenchmark
{
    private const int Steps = 5000;

    public static Task Run()
    {
        foreach (var (environment, hidden) in new (string, int[])[] { ("mountain-car-x", [32]), ("cartpole", [32, 32]), ("hopper", [64, 64]) })
        {
            var entry = EnvironmentCatalog.Find(environment)!;
            if (entry.WhyUnavailable() is { } reason)
            {
                Console.WriteLine($"  {environment}: {reason}");
                continue;
            }
            Measure(environment, EnvironmentCatalog.Factory(entry), hidden);
        }
        return Task.CompletedTask;
    }

    // The parts of one iteration in turns and in processor time, so that a machine that is busy elsewhere slows all of them down alike.
    private static void Measure(string environment, EnvironmentFactory factory, int[] hidden)
    {
        var (spec, rng) = (factory.Spec, new Rng(1));
        using var experience = new Experience(new EnvironmentBatch(factory, 1, rng.Split("environments")), null, null);
        using var baseline = new LinearFeatureBaseline(spec.Observation.Size);
        var policy = new PolicyNetwork(
            new PolicyShape(spec.Observation.Size, (spec.Action as Discrete)?.Count ?? spec.Action.Size, spec.Action is Box) { Hidden = hidden },
            rng.Split("policy"));
        var paths = new PathBatch(spec, Steps);
        var (actions, curvature) = (rng.Split("actions"), rng.Split("curvature"));
        var update = new TrustRegionUpdate(policy, new TrustRegionSettings());
        var (vector, product) = (new float[policy.Parameters.Length], new float[policy.Parameters.Length]);
        vector.AsSpan().Fill(0.01f);
        List<double> sampling = [], fitting = [], solving = [], searching = [], all = [];
        for (var round = 0; round < 8; round++)
        {
            sampling.Add(Seconds(() => paths.Collect(experience, policy, null, actions, _ => { })));
            var advantages = new double[paths.Rows];
            fitting.Add(Seconds(() =>
            {
                paths.Predict(baseline);
                paths.Advantages(paths.Rewards, 0.99, 1, false, advantages);
                var returns = new double[paths.Rows];
                paths.DiscountedReturns(paths.Rewards, 0.99, false, returns);
                baseline.Fit(paths.Observations, paths.Times, returns);
            }));
            PolicyGradients.Normalise<double>(advantages);
            // A task without any reward yet would have nothing to solve.
            if (advantages.All(advantage => advantage == 0))
                advantages = [.. Enumerable.Range(0, paths.Rows).Select(row => row % 2 == 0 ? 1.0 : -1.0)];
            policy.Forward(paths.Observations, paths.Rows);
            // Ten iterations, and once more for the step's length.
            solving.Add(Seconds(() =>
            {
                for (var iteration = 0; iteration < 11; iteration++)
                    policy.FisherProduct(vector, product);
            }));
            var total = Seconds(() => update.Improve(paths.Observations, paths.Actions, advantages, curvature, 0));
            searching.Add(Math.Max(0, total - solving[^1]));
            all.Add(sampling[^1] + fitting[^1] + total);
        }
        var whole = Median(all);
        BenchCommand.Report($"TRPO on {environment}, one iteration of {Steps} steps", 1000 * whole, "ms", $"{policy.Parameters.Length} parameters");
        foreach (var (part, seconds) in new[] { ("sampling", sampling), ("advantages and baseline", fitting), ("conjugate gradients", solving), ("gradient and line search", searching) })
            BenchCommand.Report($"  {part}", 1000 * Median(seconds), "ms", string.Create(CultureInfo.InvariantCulture, $"{100 * Median(seconds) / whole:F0} %"));
    }

    private static double Seconds(Action action)
    {
        var begun = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - begun).TotalSeconds;
    }

    // The first two warm the just-in-time compiler up.
    private static double Median(List<double> seconds)
    {
        var counted = seconds.Skip(2).Order().ToList();
        return counted[counted.Count / 2];
    }
}
