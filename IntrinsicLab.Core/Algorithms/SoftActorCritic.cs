using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using TorchSharp;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Settings of a <see cref="SoftActorCritic"/>.</summary>
public sealed record SoftActorCriticSettings
{
    /// <summary>Units of each hidden layer of the policy and of both critics.</summary>
    public int[] Hidden { get; init; } = [256, 256];

    /// <summary>After each hidden layer.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>Rows of one gradient step, N.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Discount γ per step.</summary>
    public double Gamma { get; init; } = 0.99;

    /// <summary>τ, share of the critics that their targets take over.</summary>
    public double Tau { get; init; } = 0.005;

    /// <summary>Step size of the policy.</summary>
    public double ActorLearningRate { get; init; } = 3e-4;

    /// <summary>Step size of the critics.</summary>
    public double CriticLearningRate { get; init; } = 3e-4;

    /// <summary>Step size of log α.</summary>
    public double TemperatureLearningRate { get; init; } = 3e-4;

    /// <summary>ε of Adam.</summary>
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>Whether α is learned.</summary>
    public bool AutomaticTemperature { get; init; } = true;

    /// <summary>α at first, or throughout; above 0.</summary>
    public double InitialTemperature { get; init; } = 1;

    /// <summary>Entropy that a learned α keeps the policy at, in nats; null for −A with continuous and 0.89·log A with discrete actions.</summary>
    public double? TargetEntropy { get; init; }

    /// <summary>Gradient steps of the critics for one turn of policy and α, which then take as many steps on the same batch.</summary>
    public int PolicyFrequency { get; init; } = 1;

    /// <summary>Gradient steps between two moves of the targets.</summary>
    public int TargetFrequency { get; init; } = 1;

    /// <summary>Lower bound of the log-deviation of continuous actions.</summary>
    public double LowestLogDeviation { get; init; } = -5;

    /// <summary>Its upper bound.</summary>
    public double HighestLogDeviation { get; init; } = 2;
}

/// <summary>What one gradient step of a <see cref="SoftActorCritic"/> saw; numbers of the policy are those of its last turn.</summary>
public readonly record struct SoftActorCriticReport
{
    /// <summary>The policy and α had their turn; else their numbers here are 0.</summary>
    public bool PolicyLearned { get; init; }

    /// <summary>mean (Q₁ − y)² + mean (Q₂ − y)².</summary>
    public double CriticLoss { get; init; }

    /// <summary>mean (α·log π − min Q).</summary>
    public double PolicyLoss { get; init; }

    /// <summary>−log α·(mean log π + H).</summary>
    public double TemperatureLoss { get; init; }

    /// <summary>Mean of the first critic on the batch's actions.</summary>
    public double FirstValue { get; init; }

    /// <summary>Mean of the second.</summary>
    public double SecondValue { get; init; }

    /// <summary>Mean of y.</summary>
    public double Target { get; init; }

    /// <summary>α as the step had it.</summary>
    public double Temperature { get; init; }

    /// <summary>Mean of −log π over the policy's own actions, in nats.</summary>
    public double Entropy { get; init; }

    /// <summary>Mean |a| of continuous actions, 1 at the bounds; mean highest probability of discrete ones.</summary>
    public double Decidedness { get; init; }

    /// <summary>Euclidean norm of both critics' gradient.</summary>
    public double CriticGradientNorm { get; init; }

    /// <summary>Euclidean norm of the policy's gradient.</summary>
    public double PolicyGradientNorm { get; init; }

    /// <summary>Adds the numbers to an update's means, under the names of <see cref="Metrics.OfSoftActorCritics"/>.</summary>
    /// <param name="means">Receives them.</param>
    /// <exception cref="DivergedException">One of them is not finite.</exception>
    public void AddTo(MetricMeans means)
    {
        means.Add(Metrics.CriticLoss, CriticLoss);
        means.Add(Metrics.FirstCritic, FirstValue);
        means.Add(Metrics.SecondCritic, SecondValue);
        means.Add(Metrics.CriticTarget, Target);
        means.Add(Metrics.CriticGradientNorm, CriticGradientNorm);
        means.Add(Metrics.Temperature, Temperature);
        if (!PolicyLearned)
            return;
        means.Add(Metrics.PolicyLoss, PolicyLoss);
        means.Add(Metrics.TemperatureLoss, TemperatureLoss);
        means.Add(Metrics.Entropy, Entropy);
        means.Add(Metrics.Decidedness, Decidedness);
        means.Add(Metrics.PolicyGradientNorm, PolicyGradientNorm);
    }
}

/// <summary>
/// Policy, two critics, their slowly following targets and the temperature of soft actor-critic (Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and
/// Applications"; discrete actions as in Christodoulou 2019), with one gradient step of all of them. Whoever uses it fills the batch, and decides what
/// rewards are and what is appended to observations: a skill, a goal, or nothing.
/// </summary>
/// <remarks>
/// Continuous actions lie in (−1, 1); their scale is the environment's affair (<see cref="ActionScale"/>), so that log-probabilities have no unit.
/// A discrete action is one number, its index. Everything lies in flat memory and is computed on one thread; a step allocates nothing.
/// </remarks>
public sealed class SoftActorCritic : IDisposable
{
    // Parameters of each critic begin where a line of the cache does.
    private const int Line = 16;

    private readonly SoftActorCriticSettings settings;
    private readonly int inputs, actions, rows, stride;
    private readonly bool continuous;
    private readonly float low, high;
    private readonly Mlp policy, critic;
    private readonly Drawn now, next;
    private readonly MlpPass[] criticPasses;
    private readonly Adam optimizer;
    private readonly torch.Tensor policyParameters, policyGradient, criticParameters, criticGradient, targetParameters, logTemperature, temperatureGradient;
    private readonly OptimizerState policyState, criticState, temperatureState;
    private readonly float[] joint, inputGradient, actionGradient, targets, values, taken, takenGradient;
    private readonly GaussianNoise gaussian;
    private MlpPass actingPass;
    private int actingRows;
    private long updates;

    /// <summary>Makes and initialises the networks, as PyTorch's layers begin.</summary>
    /// <param name="inputs">Values of one input row: the observation and whatever else the policy is told, I.</param>
    /// <param name="actions">Number of discrete actions, or of components of a continuous one, A.</param>
    /// <param name="continuous">Actions are real vectors.</param>
    /// <param name="settings">How it learns.</param>
    /// <param name="rng">Source of the initial weights and of the noise in gradient steps; named streams are split from it.</param>
    public SoftActorCritic(int inputs, int actions, bool continuous, SoftActorCriticSettings settings, Rng rng)
    {
        (this.inputs, this.actions, this.continuous, this.settings) = (inputs, actions, continuous, settings);
        rows = settings.BatchSize;
        (low, high) = ((float)settings.LowestLogDeviation, (float)settings.HighestLogDeviation);
        TargetEntropy = settings.TargetEntropy ?? (continuous ? -actions : 0.89 * Math.Log(actions));
        policy = new Mlp(inputs, settings.Hidden, continuous ? 2 * actions : actions, settings.Activation);
        critic = new Mlp(continuous ? inputs + actions : inputs, settings.Hidden, continuous ? 1 : actions, settings.Activation);
        stride = (critic.ParameterCount + Line - 1) / Line * Line;
        (now, next) = (new Drawn(policy, rows, actions, continuous), new Drawn(policy, rows, actions, continuous));
        (actingPass, actingRows) = (new MlpPass(policy, 1), 1);
        criticPasses = [new MlpPass(critic, rows), new MlpPass(critic, rows)];

        var (ofPolicy, ofCritics) = (new float[policy.ParameterCount], new float[2 * stride]);
        FanIn.Fill(policy, ofPolicy, rng.Split("policy-init"));
        FanIn.Fill(critic, ofCritics, rng.Split("critic-init", 0));
        FanIn.Fill(critic, ofCritics.AsSpan(stride), rng.Split("critic-init", 1));
        (policyParameters, policyGradient) = (Tensor(ofPolicy), Tensor(new float[ofPolicy.Length]));
        (criticParameters, criticGradient, targetParameters) = (Tensor(ofCritics), Tensor(new float[ofCritics.Length]), Tensor(ofCritics));
        (logTemperature, temperatureGradient) = (Tensor([(float)Math.Log(settings.InitialTemperature)]), Tensor([0]));
        optimizer = new Adam(settings.AdamEpsilon, EpsilonStyle.Pytorch);
        policyState = optimizer.Initial(policyParameters);
        criticState = optimizer.Initial(criticParameters);
        temperatureState = optimizer.Initial(logTemperature);
        gaussian = new GaussianNoise(rng.Split("noise"));

        (Inputs, NextInputs, Actions) = (new float[rows * inputs], new float[rows * inputs], new float[rows * (continuous ? actions : 1)]);
        (Rewards, Terminated) = (new float[rows], new float[rows]);
        (targets, values, taken, takenGradient) = (new float[rows], new float[rows * critic.Outputs], new float[rows], new float[rows]);
        var joined = continuous ? rows : 0;
        (joint, inputGradient, actionGradient) = (new float[joined * critic.Inputs], new float[joined * critic.Inputs], new float[joined * actions]);
    }

    /// <summary>What the policy is told in the batch's states, [N, I]; to be filled before <see cref="Learn"/>.</summary>
    public float[] Inputs { get; }

    /// <summary>What was done, [N, A] in (−1, 1) or [N] indices; to be filled.</summary>
    public float[] Actions { get; }

    /// <summary>What is paid, [N]; to be filled.</summary>
    public float[] Rewards { get; }

    /// <summary>1 where the task ended, else 0, [N]; to be filled.</summary>
    public float[] Terminated { get; }

    /// <summary>What the policy is told in the states after them, [N, I]; to be filled.</summary>
    public float[] NextInputs { get; }

    /// <summary>α.</summary>
    public double Temperature => Math.Exp(FlatMemory.Of(logTemperature)[0]);

    /// <summary>Entropy that a learned α keeps the policy at, in nats.</summary>
    public double TargetEntropy { get; }

    /// <summary>Gradient steps taken.</summary>
    public long Updates => updates;

    /// <summary>The policy's parameters, flat.</summary>
    public ReadOnlySpan<float> PolicyParameters => FlatMemory.Of(policyParameters);

    /// <summary>Euclidean norm of the policy's and both critics' parameters.</summary>
    public double ParameterNorm()
    {
        var (ofPolicy, ofCritics) = (FlatMemory.Norm(FlatMemory.Of(policyParameters)), FlatMemory.Norm(FlatMemory.Of(criticParameters)));
        return Math.Sqrt(ofPolicy * ofPolicy + ofCritics * ofCritics);
    }

    /// <summary>Draws an action for every row.</summary>
    /// <param name="seen">What the policy is told, [M, I].</param>
    /// <param name="rng">Source of the choice; null for the most likely action, tanh m with continuous ones.</param>
    /// <param name="done">Receives the actions, [M, A] in (−1, 1) or [M] indices.</param>
    public void Act(ReadOnlySpan<float> seen, Rng? rng, Span<float> done)
    {
        var count = seen.Length / inputs;
        if (count > actingRows)
            (actingPass, actingRows) = (new MlpPass(policy, count), count);
        actingPass.Forward(FlatMemory.Of(policyParameters), seen, count);
        var outputs = actingPass.Outputs;
        for (var row = 0; row < count; row++)
        {
            var ofRow = outputs.Slice(row * policy.Outputs, policy.Outputs);
            if (!continuous)
            {
                done[row] = rng is null ? Categorical.Mode(ofRow) : Categorical.Sample(ofRow, rng);
                continue;
            }
            for (var j = 0; j < actions; j++)
            {
                var spread = rng is null ? 0 : MathF.Exp(SquashedGaussian.LogDeviation(ofRow[actions + j], low, high)) * (float)rng.NextGaussian();
                done[row * actions + j] = SquashedGaussian.Squash(ofRow[j] + spread).Tanh;
            }
        }
    }

    /// <summary>What the lower of the two critics says of states and actions.</summary>
    /// <param name="seen">What the policy is told, [M, I], M at most the batch.</param>
    /// <param name="done">Actions as <see cref="Act"/> gives them.</param>
    /// <param name="lowest">Receives the values, [M].</param>
    public void Judge(ReadOnlySpan<float> seen, ReadOnlySpan<float> done, Span<float> lowest)
    {
        var input = Join(seen, done);
        for (var k = 0; k < 2; k++)
        {
            criticPasses[k].Forward(Critic(criticParameters, k), input, lowest.Length);
            for (var row = 0; row < lowest.Length; row++)
            {
                var value = criticPasses[k].Outputs[continuous ? row : row * actions + (int)done[row]];
                lowest[row] = k == 0 ? value : Math.Min(lowest[row], value);
            }
        }
    }

    /// <summary>One gradient step on the batch: temperature, critics, policy, then the targets follow.</summary>
    public SoftActorCriticReport Learn()
    {
        updates++;
        var (temperature, turns) = (Temperature, updates % settings.PolicyFrequency == 0 ? settings.PolicyFrequency : 0);
        var report = new SoftActorCriticReport { Temperature = temperature, PolicyLearned = turns > 0 };
        if (turns > 0)
            report = StepTemperature(report);
        report = StepCritics((float)temperature, report);
        for (var turn = 0; turn < turns; turn++)
        {
            if (turn > 0)
            {
                temperature = Temperature;
                report = StepTemperature(report);
            }
            report = StepPolicy((float)temperature, report);
        }
        if (updates % settings.TargetFrequency == 0)
            SoftValues.Follow(FlatMemory.Of(criticParameters), FlatMemory.Of(targetParameters), (float)settings.Tau);
        return report;
    }

    /// <summary>Writes parameters, optimisers and generator.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.Write(updates);
        foreach (var tensor in (ReadOnlySpan<torch.Tensor>)[policyParameters, criticParameters, targetParameters, logTemperature])
            writer.WriteTensor(tensor);
        foreach (var state in (ReadOnlySpan<OptimizerState>)[policyState, criticState, temperatureState])
            writer.Write(state);
        gaussian.Save(writer);
    }

    /// <summary>Restores what <see cref="Save"/> wrote into one made alike.</summary>
    public void Load(CheckpointReader reader)
    {
        updates = reader.ReadInt64();
        foreach (var tensor in (ReadOnlySpan<torch.Tensor>)[policyParameters, criticParameters, targetParameters, logTemperature])
            reader.ReadInto(tensor);
        foreach (var state in (ReadOnlySpan<OptimizerState>)[policyState, criticState, temperatureState])
            reader.ReadInto(state);
        gaussian.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in (ReadOnlySpan<torch.Tensor>)[
            policyParameters, policyGradient, criticParameters, criticGradient, targetParameters, logTemperature, temperatureGradient])
            tensor.Dispose();
        foreach (var state in (ReadOnlySpan<OptimizerState>)[policyState, criticState, temperatureState])
            state.Dispose();
    }

    // The policy's own actions in the batch's states, which its step uses too; then log α's step.
    private SoftActorCriticReport StepTemperature(SoftActorCriticReport report)
    {
        Draw(now, Inputs);
        var (entropy, decidedness) = Describe(now);
        var (logAlpha, gradient) = (FlatMemory.Of(logTemperature)[0], SoftValues.TemperatureGradient(-entropy, TargetEntropy));
        report = report with { Entropy = entropy, Decidedness = decidedness };
        if (!settings.AutomaticTemperature)
            return report;
        FlatMemory.Of(temperatureGradient)[0] = (float)gradient;
        optimizer.StepInPlace(logTemperature, temperatureGradient, temperatureState, settings.TemperatureLearningRate);
        return report with { TemperatureLoss = logAlpha * gradient };
    }

    private SoftActorCriticReport StepCritics(float temperature, SoftActorCriticReport report)
    {
        // y, from the targets at fresh actions.
        Draw(next, NextInputs);
        var input = Join(NextInputs, next.Actions);
        var pass = criticPasses[0];
        pass.Forward(Critic(targetParameters, 0), input, rows);
        pass.Outputs.CopyTo(values);
        pass.Forward(Critic(targetParameters, 1), input, rows);
        if (continuous)
            SoftValues.Sampled(next.LogProbabilities, values, pass.Outputs, temperature, targets.AsSpan());
        else
            SoftValues.Expected(next.LogProbabilities, values, pass.Outputs, temperature, targets.AsSpan());
        SoftValues.Targets(Rewards, Terminated, targets, (float)settings.Gamma, targets.AsSpan());

        // Both critics towards it, each with its own error.
        input = Join(Inputs, Actions);
        Span<double> means = stackalloc double[2];
        var loss = 0.0;
        for (var k = 0; k < 2; k++)
        {
            pass = criticPasses[k];
            pass.Forward(Critic(criticParameters, k), input, rows);
            for (var row = 0; row < rows; row++)
                taken[row] = pass.Outputs[continuous ? row : row * actions + (int)Actions[row]];
            means[k] = Mean(taken);
            loss += SoftValues.CriticLoss(taken, targets, takenGradient.AsSpan());
            var gradient = pass.OutputGradient;
            gradient.Clear();
            for (var row = 0; row < rows; row++)
                gradient[continuous ? row : row * actions + (int)Actions[row]] = takenGradient[row];
            pass.Backward(Critic(criticParameters, k), input, Critic(criticGradient, k));
        }
        optimizer.StepInPlace(criticParameters, criticGradient, criticState, settings.CriticLearningRate);
        return report with
        {
            CriticLoss = loss,
            FirstValue = means[0],
            SecondValue = means[1],
            Target = Mean(targets),
            CriticGradientNorm = FlatMemory.Norm(FlatMemory.Of(criticGradient)),
        };
    }

    private SoftActorCriticReport StepPolicy(float temperature, SoftActorCriticReport report)
    {
        var input = Join(Inputs, now.Actions);
        for (var k = 0; k < 2; k++)
            criticPasses[k].Forward(Critic(criticParameters, k), input, rows);
        ReadOnlySpan<float> first = criticPasses[0].Outputs, second = criticPasses[1].Outputs;
        double loss;
        if (continuous)
        {
            SoftValues.Sampled(now.LogProbabilities, first, second, temperature, values.AsSpan());
            loss = -Mean(values);
            // Of each row the lower critic alone tells how its value changes with the action.
            for (var k = 0; k < 2; k++)
            {
                var lower = criticPasses[k].OutputGradient;
                for (var row = 0; row < rows; row++)
                    lower[row] = (first[row] <= second[row]) == (k == 0) ? 1 : 0;
                criticPasses[k].Backward(Critic(criticParameters, k), input, [], inputGradient);
                for (var row = 0; row < rows; row++)
                    for (var j = 0; j < actions; j++)
                        actionGradient[row * actions + j] = inputGradient[row * critic.Inputs + inputs + j] + (k == 0 ? 0 : actionGradient[row * actions + j]);
            }
            SquashedGaussian.Gradient(
                now.Noise, now.Actions, now.LogDeviations, now.Deviations, low, high, temperature, actionGradient, now.Pass.OutputGradient, rows);
        }
        else
            loss = SoftValues.PolicyGradient(now.LogProbabilities, first, second, temperature, rows, now.Pass.OutputGradient);
        now.Pass.Backward(FlatMemory.Of(policyParameters), Inputs, FlatMemory.Of(policyGradient));
        optimizer.StepInPlace(policyParameters, policyGradient, policyState, settings.ActorLearningRate);
        return report with { PolicyLoss = loss, PolicyGradientNorm = FlatMemory.Norm(FlatMemory.Of(policyGradient)) };
    }

    private void Draw(Drawn drawn, float[] seen)
    {
        drawn.Pass.Forward(FlatMemory.Of(policyParameters), seen, rows);
        if (continuous)
        {
            gaussian.Fill(drawn.Noise);
            SquashedGaussian.Sample(
                drawn.Pass.Outputs, drawn.Noise, low, high, drawn.Actions.AsSpan(), drawn.LogDeviations.AsSpan(), drawn.Deviations.AsSpan(),
                drawn.LogProbabilities.AsSpan());
        }
        else
            SoftValues.LogSoftmax(drawn.Pass.Outputs, actions, drawn.LogProbabilities.AsSpan());
    }

    // Entropy, and how close to the bounds actions are or how likely the likeliest is.
    private (double Entropy, double Decidedness) Describe(Drawn drawn)
    {
        var (entropy, decidedness) = (0.0, 0.0);
        if (continuous)
        {
            foreach (var action in drawn.Actions)
                decidedness += Math.Abs(action);
            return (-Mean(drawn.LogProbabilities), decidedness / drawn.Actions.Length);
        }
        for (var row = 0; row < rows; row++)
        {
            var highest = 0f;
            foreach (var logProbability in drawn.LogProbabilities.AsSpan(row * actions, actions))
            {
                var probability = MathF.Exp(logProbability);
                entropy -= probability * logProbability;
                highest = Math.Max(highest, probability);
            }
            decidedness += highest;
        }
        return (entropy / rows, decidedness / rows);
    }

    // What critics of continuous actions are told: state and action side by side.
    private ReadOnlySpan<float> Join(ReadOnlySpan<float> seen, ReadOnlySpan<float> done)
    {
        if (!continuous)
            return seen;
        for (var row = 0; row < seen.Length / inputs; row++)
        {
            var target = joint.AsSpan(row * critic.Inputs, critic.Inputs);
            seen.Slice(row * inputs, inputs).CopyTo(target);
            done.Slice(row * actions, actions).CopyTo(target[inputs..]);
        }
        return joint;
    }

    private Span<float> Critic(torch.Tensor both, int k) => FlatMemory.Of(both).Slice(k * stride, critic.ParameterCount);

    private static torch.Tensor Tensor(float[] values) => FlatMemory.ToTensor(values, [values.Length], torch.CPU);

    private static double Mean(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return sum / values.Length;
    }

    // The policy in the states of a batch, and with continuous actions what it drew there.
    private sealed class Drawn(Mlp policy, int rows, int actions, bool continuous)
    {
        public MlpPass Pass { get; } = new(policy, rows);

        public float[] Noise { get; } = new float[continuous ? rows * actions : 0];

        public float[] Actions { get; } = new float[continuous ? rows * actions : 0];

        public float[] LogDeviations { get; } = new float[continuous ? rows * actions : 0];

        public float[] Deviations { get; } = new float[continuous ? rows * actions : 0];

        // Of the action drawn, [N]; of every discrete action, [N, A].
        public float[] LogProbabilities { get; } = new float[continuous ? rows : rows * actions];
    }
}
