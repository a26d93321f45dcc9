using System.Globalization;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class GainBenchmark
{
    private const int Transitions = 5000, Samples = 10, Inputs = 3, Outputs = 2, Chunk = 32;

    public static Task Run()
    {
        var rng = new Rng(1);
        var network = new BayesianNetwork(Inputs, [32, 32], Outputs);
        var belief = new float[network.ParameterCount];
        network.Initialise(belief, rng);
        var (inputs, targets) = (new float[Transitions * Inputs], new float[Transitions * Outputs]);
        var noise = new GaussianNoise(rng);
        noise.Fill(inputs);
        noise.Fill(targets);
        var batch = new BayesianPass<float>(network, Chunk, Samples);
        var single = new BayesianPass<float>(network, 1, Samples);
        var (gains, gradient, curvature) = (new double[Transitions], new float[network.ParameterCount], new float[network.ParameterCount]);
        for (var i = 0; i < network.Weights; i++)
        {
            curvature[i] = (float)InformationGain.MeanCurvature(belief[network.Weights + i]);
            curvature[network.Weights + i] = (float)InformationGain.RhoCurvature(belief[network.Weights + i]);
        }

        void Score(BayesianPass<float> pass, int from, int rows)
        {
            pass.DrawNoise(noise, rows, shareRows: false);
            pass.Forward(inputs.AsSpan(from * Inputs, rows * Inputs), rows);
            pass.NegativeLogLikelihood(targets.AsSpan(from * Outputs, rows * Outputs));
            pass.Backward([]);
            pass.Gains(gains.AsSpan(from, rows));
        }

        void Batched()
        {
            batch.Believe(belief);
            for (var from = 0; from < Transitions; from += Chunk)
                Score(batch, from, Math.Min(Chunk, Transitions - from));
        }

        void OneByOne()
        {
            single.Believe(belief);
            for (var row = 0; row < Transitions; row++)
                Score(single, row, 1);
        }

        // As the formula reads: the gradient of one transition in all of φ, then gᵀH⁻¹g.
        void ByGradients(bool believe)
        {
            single.Believe(belief);
            for (var row = 0; row < Transitions; row++)
            {
                if (believe)
                    single.Believe(belief);
                single.DrawNoise(noise, 1, shareRows: false);
                single.Forward(inputs.AsSpan(row * Inputs, Inputs), 1);
                single.NegativeLogLikelihood(targets.AsSpan(row * Outputs, Outputs));
                single.Backward(gradient);
                var total = 0.0;
                for (var i = 0; i < gradient.Length; i++)
                    total += gradient[i] * gradient[i] / curvature[i];
                gains[row] = total;
            }
        }

        // In turns and in processor time, so that a machine that is busy elsewhere slows all of them down alike.
        List<double>[] seconds = [[], [], [], []];
        for (var round = 0; round < 9; round++)
        {
            seconds[0].Add(Seconds(Batched));
            seconds[1].Add(Seconds(OneByOne));
            seconds[2].Add(Seconds(() => ByGradients(false)));
            seconds[3].Add(Seconds(() => ByGradients(true)));
        }
        var medians = seconds.Select(Median).ToArray();
        BenchCommand.Report($"{Transitions} transitions, 3-32-32-2, S = {Samples}: one batch", medians[0] * 1000, "ms");
        BenchCommand.Report("  the same code, one transition a call", medians[1] * 1000, "ms", Ratio(medians[0] / medians[1]));
        BenchCommand.Report("  the gradient of each transition", medians[2] * 1000, "ms", Ratio(medians[0] / medians[2]));
        BenchCommand.Report("  the gradient of each transition, from φ", medians[3] * 1000, "ms", Ratio(medians[0] / medians[3]));
        return Task.CompletedTask;
    }

    private static string Ratio(double ratio) => string.Create(CultureInfo.InvariantCulture, $"the batch takes {100 * ratio:F1} % of it");

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
