using System.Globalization;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using static TorchSharp.torch;

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

        // The usual way: the gradient of each transition by automatic differentiation, all of its samples at once.
        void ByAutograd()
        {
            using var scope = NewDisposeScope();
            var phi = tensor(belief);
            var layers = network.Means.Layers;
            var unit = new float[Samples * network.Means.Layers.Max(layer => layer.Outputs)];
            for (var row = 0; row < Transitions; row++)
            {
                using var inner = NewDisposeScope();
                var (means, rhos) = (phi[..network.Weights].requires_grad_(true), phi[network.Weights..].requires_grad_(true));
                var deviations = rhos.exp().log1p();
                var x = tensor(inputs.AsSpan(row * Inputs, Inputs).ToArray()).unsqueeze(0).expand(Samples, Inputs);
                for (var index = 0; index < layers.Count; index++)
                {
                    var layer = layers[index];
                    Tensor Piece(Tensor all, int from, int count) => all.narrow(0, from, count);
                    Tensor Matrix(Tensor all) => Piece(all, layer.Offset, layer.Inputs * layer.Outputs).view(layer.Inputs, layer.Outputs);
                    var mean = Piece(means, layer.BiasOffset, layer.Outputs).addmm(x, Matrix(means));
                    var squares = deviations.square();
                    var variance = Piece(squares, layer.BiasOffset, layer.Outputs).addmm(x.square(), Matrix(squares));
                    noise.Fill(unit.AsSpan(0, Samples * layer.Outputs));
                    x = mean + variance.sqrt() * tensor(unit.AsSpan(0, Samples * layer.Outputs).ToArray()).view(Samples, layer.Outputs);
                    if (index + 1 < layers.Count)
                        x = x.relu();
                }
                var target = tensor(targets.AsSpan(row * Outputs, Outputs).ToArray());
                var loss = (x - target).square().sum() / (2 * Samples * network.LikelihoodDeviation * network.LikelihoodDeviation);
                var found = autograd.grad([loss], [means, rhos]);
                using var held = no_grad();
                var ratio = deviations / rhos.sigmoid();
                gains[row] = ((found[0] * deviations).square().sum() + (found[1] * ratio).square().sum() / 2).item<float>();
            }
        }

        // In turns and in processor time, so that a machine that is busy elsewhere slows all of them down alike.
        List<double>[] seconds = [[], [], [], [], []];
        for (var round = 0; round < 9; round++)
        {
            seconds[0].Add(Seconds(Batched));
            seconds[1].Add(Seconds(OneByOne));
            seconds[2].Add(Seconds(() => ByGradients(false)));
            seconds[3].Add(Seconds(() => ByGradients(true)));
            if (round >= 4)
                seconds[4].Add(Seconds(ByAutograd));
        }
        var medians = seconds.Select(Median).ToArray();
        BenchCommand.Report($"{Transitions} transitions, 3-32-32-2, S = {Samples}, in batches of {Chunk}", medians[0] * 1000, "ms");
        BenchCommand.Report("loop, gradient of each by automatic differentiation", medians[4] * 1000, "ms", Ratio(medians[0] / medians[4]));
        BenchCommand.Report("loop, gradient of each by hand, anew from φ", medians[3] * 1000, "ms", Ratio(medians[0] / medians[3]));
        BenchCommand.Report("loop, gradient of each by hand, deviations kept", medians[2] * 1000, "ms", Ratio(medians[0] / medians[2]));
        BenchCommand.Report("loop, no gradient: the batch's own code on one row", medians[1] * 1000, "ms", Ratio(medians[0] / medians[1]));

        // The same formula with other noise: the means agree up to that.
        ByAutograd();
        var usual = gains.Average();
        Batched();
        BenchCommand.Report("mean gain by the batch over that by automatic differentiation", gains.Average() / usual, "");

        var exact = Median([.. Enumerable.Range(0, 5).Select(_ => Seconds(() =>
        {
            batch.Believe(belief);
            for (var from = 0; from < Transitions; from += Chunk)
            {
                Score(batch, from, Math.Min(Chunk, Transitions - from));
                batch.ExactGains(BeliefStep.Natural, 0.01, gains.AsSpan(from, batch.Rows));
            }
        }))]);
        BenchCommand.Report("the batch, exact divergence after a natural step as well", exact * 1000, "ms");

        var spec = new EnvironmentSpec(new Box([Outputs], -1, 1), new Box([Inputs - Outputs], -1, 1));
        using var model = new DynamicsModel(new DynamicsSettings(), spec, rng);
        var ends = new bool[Transitions];
        ends[^1] = true;
        model.Add(new Transitions(targets, inputs.AsSpan(0, Transitions), targets, ends));
        var train = Median([.. Enumerable.Range(0, 9).Select(_ => Seconds(() => model.Train()))]);
        BenchCommand.Report("training, 500 steps of 10 transitions, 3-32-2, S = 10", train * 1000, "ms");
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
