using System.Diagnostics;
using System.Globalization;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.External;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class GymnasiumBenchmark
{
    // As little as an environment can do, so that the bridge is what is measured.
    private const string World = """
        import time


        class Box:
            low, high, shape = -1.0, 1.0, (4,)


        class Discrete:
            n = 2


        class World:
            observation_space, action_space = Box(), Discrete()

            def reset(self, seed=None, options=None):
                self.steps = 0
                return [0.0, 0.0, 0.0, 0.0], {}

            def step(self, action):
                self.steps += 1
                return [0.1, 0.2, 0.3, 0.4], 1.0, False, self.steps >= 500, {}


        if __name__ == "__main__":
            for _ in range(5):
                world, begun = World(), time.perf_counter()
                world.reset()
                for step in range(200000):
                    _, _, terminated, truncated, _ = world.step(step % 2)
                    if terminated or truncated:
                        world.reset()
                print(200000 / (time.perf_counter() - begun))
        """;

    public static async Task Run()
    {
        if (EnvironmentCatalog.Find("gymnasium")!.WhyUnavailable() is { } reason)
        {
            Console.WriteLine($"  {reason}");
            return;
        }
        var folder = Directory.CreateTempSubdirectory("intrinsiclab-bench");
        try
        {
            var file = Path.Combine(folder.FullName, "trivial_world.py");
            await File.WriteAllTextAsync(file, World);
            var bare = await BareLoop(file);
            BenchCommand.Report("bare Python loop", bare, "steps/s");
            foreach (var count in (int[])[1, 8, 32])
            {
                var bridged = Bridged(file, count);
                BenchCommand.Report($"through the bridge, batch of {count}", bridged, "steps/s",
                    string.Create(CultureInfo.InvariantCulture, $"{bare / bridged:F1} times the bare loop's time, {1e6 * count / bridged:F0} µs per batch"));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<double> BareLoop(string file)
    {
        var python = Environment.GetEnvironmentVariable("INTRINSICLAB_PYTHON") is { Length: > 0 } set ? set : "python3";
        using var process = Process.Start(new ProcessStartInfo(python, [file]) { RedirectStandardOutput = true })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        double[] speeds = [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => double.Parse(line, CultureInfo.InvariantCulture)).Order()];
        return speeds[speeds.Length / 2];
    }

    private static double Bridged(string file, int count)
    {
        var factory = EnvironmentCatalog.Factory(EnvironmentCatalog.Find("gymnasium")!, new GymnasiumConfig { Environment = $"{file}:World" });
        using var batch = new EnvironmentBatch(factory, count, new Rng(1));
        var actions = new float[count];
        batch.Reset();
        const int steps = 40_000;
        return steps / BenchCommand.MedianSeconds(5, () =>
        {
            for (var step = 0; step < steps / count; step++)
                batch.Step(actions);
        });
    }
}
