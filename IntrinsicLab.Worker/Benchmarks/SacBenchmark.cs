using System.Globalization;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using static TorchSharp.torch;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class SacBenchmark
{
    // Half-cheetah with the published networks.
    private const int Inputs = 17, Actions = 6, Units = 256, Batch = 256, Rounds = 15, UpdatesOfRound = 12;
    private const double Gamma = 0.99, Tau = 0.005, Rate = 3e-4;

    public static Task Run()
    {
        set_num_threads(1);
        using var learner = new SoftActorCritic(Inputs, Actions, true, new SoftActorCriticSettings { Hidden = [Units, Units], BatchSize = Batch }, new Rng(1));
        var rng = new Rng(2);
        foreach (var column in new[] { learner.Inputs, learner.NextInputs, learner.Rewards })
            foreach (ref var value in column.AsSpan())
                value = (float)rng.NextGaussian();
        foreach (ref var value in learner.Actions.AsSpan())
            value = (float)rng.NextDouble(-1, 1);
        using var eager = new Eager(learner);
        List<double> own = [], theirs = [];
        // In turns and in processor time, so that a machine that is busy elsewhere slows both down alike. The first rounds warm up.
        for (var round = 0; round < Rounds; round++)
        {
            own.Add(Seconds(() => learner.Learn()));
            theirs.Add(Seconds(eager.Learn));
        }
        var (ours, autograd) = (Median(own), Median(theirs));
        BenchCommand.Report("one update, this lab", 1000 * ours, "ms", "two critics, 256 units, batch 256, half-cheetah's sizes");
        BenchCommand.Report("one update, eager autograd on libtorch", 1000 * autograd, "ms", "as CleanRL writes it, one thread, without Python's own time");
        BenchCommand.Report("ratio", 100 * ours / autograd, "%", string.Create(CultureInfo.InvariantCulture, $"{autograd / ours:F1} times as fast"));
        return Task.CompletedTask;
    }

    private static double Seconds(Action update)
    {
        var begun = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < UpdatesOfRound; i++)
            update();
        return (Environment.CpuUsage.TotalTime - begun).TotalSeconds / UpdatesOfRound;
    }

    private static double Median(List<double> seconds)
    {
        var counted = seconds.Skip(3).Order().ToList();
        return counted[counted.Count / 2];
    }

    // The same update in separate layers, each loss differentiated by autograd, Adam for every tensor by itself.
    private sealed class Eager : IDisposable
    {
        private readonly Tensor seen, done, rewards, terminated, next;
        private readonly Tensor[] actor, critics, targets, temperature;
        private readonly AdamOfTensors actorAdam, criticAdam, temperatureAdam;

        public Eager(SoftActorCritic learner)
        {
            (seen, done, next) = (tensor(learner.Inputs, Batch, Inputs), tensor(learner.Actions, Batch, Actions), tensor(learner.NextInputs, Batch, Inputs));
            (rewards, terminated) = (tensor(learner.Rewards), tensor(learner.Terminated));
            actor = [.. Layers(Inputs, Units, Units, Actions), .. Layers(Units, Actions)];
            critics = [.. Layers(Inputs + Actions, Units, Units, 1), .. Layers(Inputs + Actions, Units, Units, 1)];
            using (no_grad())
                targets = [.. critics.Select(parameter => parameter.detach().clone())];
            temperature = [zeros(1).requires_grad_()];
            (actorAdam, criticAdam, temperatureAdam) = (new(actor), new(critics), new(temperature));
        }

        public void Learn()
        {
            using var scope = NewDisposeScope();
            var alpha = (double)temperature[0].exp().item<float>();
            Tensor wanted;
            using (no_grad())
            {
                var (action, logProbability) = Act(next);
                var lower = Critic(targets, 0, next, action).minimum(Critic(targets, 1, next, action)) - logProbability * alpha;
                wanted = rewards + (1 - terminated) * Gamma * lower.view(-1);
            }
            var loss = (Critic(critics, 0, seen, done).view(-1) - wanted).square().mean() + (Critic(critics, 1, seen, done).view(-1) - wanted).square().mean();
            loss.item<float>();
            criticAdam.Step(autograd.grad([loss], critics));

            var (chosen, logOfChosen) = Act(seen);
            var judged = Critic(critics, 0, seen, chosen).minimum(Critic(critics, 1, seen, chosen));
            var policyLoss = (logOfChosen * alpha - judged).mean();
            policyLoss.item<float>();
            // A backward pass reaches the critics' weights too, though nobody asks for it.
            var gradients = autograd.grad([policyLoss], [.. actor, .. critics]);
            actorAdam.Step(gradients.Take(actor.Length));

            Tensor logAgain;
            using (no_grad())
                logAgain = Act(seen).LogProbability;
            temperatureAdam.Step(autograd.grad([(-temperature[0].exp() * (logAgain - Actions)).mean()], temperature));

            using var frozen = no_grad();
            for (var i = 0; i < critics.Length; i++)
                targets[i].copy_(critics[i] * Tau + targets[i] * (1 - Tau));
        }

        public void Dispose()
        {
            foreach (var tensor in (Tensor[])[seen, done, rewards, terminated, next, .. actor, .. critics, .. targets, .. temperature])
                tensor.Dispose();
            actorAdam.Dispose();
            criticAdam.Dispose();
            temperatureAdam.Dispose();
        }

        private (Tensor Action, Tensor LogProbability) Act(Tensor input)
        {
            var hidden = nn.functional.linear(nn.functional.linear(input, actor[0], actor[1]).relu(), actor[2], actor[3]).relu();
            var mean = nn.functional.linear(hidden, actor[4], actor[5]);
            var logDeviation = (nn.functional.linear(hidden, actor[6], actor[7]).tanh() + 1) * 3.5 - 5;
            var deviation = logDeviation.exp();
            var unbounded = mean + deviation * randn_like(mean);
            var action = unbounded.tanh();
            var logProbability = (unbounded - mean).square().neg() / (deviation.square() * 2) - logDeviation - 0.9189385;
            return (action, (logProbability - (1 - action.square() + 1e-6).log()).sum(1, true));
        }

        private static Tensor Critic(Tensor[] parameters, int k, Tensor input, Tensor action)
        {
            var own = parameters.AsSpan(6 * k, 6);
            var hidden = nn.functional.linear(cat([input, action], 1), own[0], own[1]).relu();
            return nn.functional.linear(nn.functional.linear(hidden, own[2], own[3]).relu(), own[4], own[5]);
        }

        private static IEnumerable<Tensor> Layers(params int[] widths)
        {
            for (var layer = 0; layer + 1 < widths.Length; layer++)
            {
                var bound = 1 / Math.Sqrt(widths[layer]);
                yield return rand(widths[layer + 1], widths[layer]).mul_(2 * bound).sub_(bound).requires_grad_();
                yield return rand(widths[layer + 1]).mul_(2 * bound).sub_(bound).requires_grad_();
            }
        }
    }

    private sealed class AdamOfTensors(Tensor[] parameters) : IDisposable
    {
        private readonly Tensor[] means = [.. parameters.Select(parameter => zeros(parameter.shape))];
        private readonly Tensor[] squares = [.. parameters.Select(parameter => zeros(parameter.shape))];
        private int steps;

        public void Step(IEnumerable<Tensor> gradients)
        {
            using var frozen = no_grad();
            steps++;
            var (bias1, bias2) = (1 - Math.Pow(0.9, steps), Math.Sqrt(1 - Math.Pow(0.999, steps)));
            foreach (var (index, gradient) in gradients.Index())
            {
                means[index].mul_(0.9).add_(gradient, 0.1);
                squares[index].mul_(0.999).addcmul_(gradient, gradient, 0.001);
                var root = (squares[index].sqrt() / bias2).add_(1e-8);
                parameters[index].addcdiv_(means[index], root, -Rate / bias1);
            }
        }

        public void Dispose()
        {
            foreach (var tensor in (Tensor[])[.. means, .. squares])
                tensor.Dispose();
        }
    }
}
