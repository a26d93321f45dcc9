namespace IntrinsicLab.Worker.Benchmarks;

internal static class ClnBenchmark
{
    public static Task Run()
    {
        LirpgBenchmark.WarmUp("ppo", "cln");
        foreach (var environment in new[] { "segway", "pendulum" })
        {
            using var ppo = LirpgBenchmark.Make("ppo", environment);
            using var one = LirpgBenchmark.Make("cln", environment);
            using var three = LirpgBenchmark.Make("cln", environment, more: "\"gradientTerms\": \"three-terms\"");
            List<double> plain = [], direct = [], all = [];
            for (var round = 0; round < 8; round++)
            {
                // An update of CLN is two rollouts, each learned from as PPO learns from its one.
                plain.Add(LirpgBenchmark.Seconds(ppo) + LirpgBenchmark.Seconds(ppo));
                direct.Add(LirpgBenchmark.Seconds(one));
                if (round < 4)
                    all.Add(LirpgBenchmark.Seconds(three));
            }
            BenchCommand.Report($"PPO on {environment} (2 x 2048, 10 x 32 of each)", 1 / LirpgBenchmark.Median(plain), "times/s");
            BenchCommand.Report($"CLN on {environment}, one term", 1 / LirpgBenchmark.Median(direct), "updates/s", LirpgBenchmark.Ratio(direct, plain));
            BenchCommand.Report($"CLN on {environment}, three terms", 1 / LirpgBenchmark.Median(all), "updates/s", LirpgBenchmark.Ratio(all, plain));
        }
        return Task.CompletedTask;
    }
}
