using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What an agent that learns by a learned rule is made of.</summary>
public enum RuleAgentKind
{
    /// <summary>Tables where the observation tells one of few states, else networks.</summary>
    Auto,

    /// <summary>A row of numbers for each state, moved by plain gradient steps.</summary>
    Table,

    /// <summary>A network for the policy and one for the predictions, moved by Adam.</summary>
    Network,
}

/// <summary>Hyper-parameters of <see cref="LpgAgent"/>.</summary>
public sealed record LpgAgentConfig
{
    /// <summary>The learned update rule, by name and version; it stays as it is.</summary>
    [NamesRule, Group("Rule")]
    public string Rule { get; init; } = "lpg-small@1";

    /// <summary>
    /// Factor of every reward before the rule reads it; scores never see it. A rule has learned from rewards of about 1 and takes larger ones for
    /// larger steps.
    /// </summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Group("Rule")]
    public double RewardScale { get; init; } = 1;

    /// <summary>Environments stepped together, B (the paper: 64).</summary>
    [Range(1, 4096), Unit("environments"), Group("Rollout")]
    public int Environments { get; init; } = 16;

    /// <summary>Steps of each environment per update, T, which is also how far back the rule looks (the paper: 20).</summary>
    [Range(1, 10_000), Unit("steps"), Group("Rollout")]
    public int StepsPerRollout { get; init; } = 20;

    /// <summary>Threads that step the environments; results do not depend on it.</summary>
    [Range(1, 256), Unit("threads"), Group("Rollout")]
    public int Threads { get; init; } = 1;

    /// <summary>
    /// Step size α. Of tables, for the mean over N = environments × steps per rollout: a visit moves its state by α/N, so α grows with N (20 for
    /// N = 320, a sixteenth for each visit; 40 for the paper's N = 1,280). Of networks, Adam's step size (5e-4).
    /// </summary>
    [Range(0.0, 10_000.0), Group("Step")]
    public double LearningRate { get; init; } = 20;

    /// <summary>
    /// Weight α_y of following the rule's predictions, beside following its policy (Oh et al. 2020: 0.1 to 1; rules meant for short lifetimes: 0.4
    /// to 4).
    /// </summary>
    [Range(0.0, 1000.0), Group("Step")]
    public double PredictionCoefficient { get; init; } = 2;

    /// <summary>Trace decay λ of the targets of state values, with rules that read these in place of predictions.</summary>
    [Range(0.0, 1.0), Group("Step")]
    public double ValueLambda { get; init; } = 0.95;

    /// <summary>Tables or networks.</summary>
    [Group("Agent")]
    public RuleAgentKind Agent { get; init; } = RuleAgentKind.Auto;

    /// <summary>Kind of network; auto takes convolutions for grids and fully connected layers for vectors.</summary>
    [Group("Agent")]
    public NetworkKind Network { get; init; } = NetworkKind.Auto;

    /// <summary>Units of each hidden layer of fully connected networks.</summary>
    [Range(1, 65536), Unit("units"), Group("Agent")]
    public int[] HiddenSizes { get; init; } = [64, 64];

    /// <summary>After each hidden layer of fully connected networks.</summary>
    [Group("Agent")]
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>Whether the agent is made of tables in such a world.</summary>
    internal bool WithTables(EnvironmentSpec spec) =>
        Agent == RuleAgentKind.Table || (Agent == RuleAgentKind.Auto && spec.Table is not null);
}

/// <summary>
/// An agent that learns by a frozen learned rule (Oh, Hessel, Czarnecki, Xu, van Hasselt, Singh and Silver 2020, "Discovering Reinforcement
/// Learning Algorithms", equation 2): the rule reads a rollout backwards in time and says for each step how much likelier its action is to become
/// and where the prediction of its state is to move. There is no value function, no entropy bonus and no other loss; with rules made for them,
/// state values learned by TD(λ) take the place of predictions (LPG-V). Numbers refer to docs/algorithms/lpg-agent.md.
/// </summary>
public sealed class LpgAgent : IAlgorithm
{
    private readonly LpgAgentConfig config;
    private readonly RuleContent rule;
    private readonly bool readsValues;
    private readonly int actionCount, width, rows;
    private readonly Experience experience;
    private readonly IRuleStudent student;
    private readonly RulePass<float> pass;
    private readonly EpisodeLog episodes = new();
    private readonly float[] logPolicies, policies, logPredictions, predictions, chosen, probabilities, rewards;
    private readonly bool[] ended;
    private readonly float[] policyGradient, predictionGradient, valued, advantages;
    private Rng actionRng;

    /// <summary>Makes the agent and environments, and looks the rule up.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="setup">World, budget, randomness and rules.</param>
    /// <exception cref="ArgumentException">There is no such rule.</exception>
    public LpgAgent(LpgAgentConfig config, TrainingSetup setup)
    {
        this.config = config;
        rule = setup.FindRule(config.Rule)?.Content
            ?? throw new ArgumentException($"There is no learned update rule '{config.Rule}'; train one with lpg, or choose one that is there.");
        var (form, spec, steps, environments) = (rule.Network, setup.Environments.Spec, config.StepsPerRollout, config.Environments);
        (actionCount, rows) = (((Discrete)spec.Action).Count, steps * environments);
        readsValues = form.Semantics == RuleSemantics.Values;
        width = readsValues ? 1 : form.Predictions;
        var rng = setup.Rng.Split("agent");
        student = config.WithTables(spec)
            ? new RuleTables(spec.Table!, actionCount, width, readsValues, steps, environments, rng)
            : new RuleNetworks(
                new ActorCriticShape(spec.Observation.Shape, actionCount, Continuous: false)
                {
                    Network = config.Network,
                    Hidden = config.HiddenSizes,
                    Activation = config.Activation,
                },
                width, readsValues ? config.PredictionCoefficient : null, steps, environments, rng);
        pass = new RulePass<float>(form, steps, environments);
        actionRng = setup.Rng.Split("actions");
        experience = new Experience(new EnvironmentBatch(setup.Environments, environments, setup.Rng.Split("environments"), config.Threads), null, null);
        (logPolicies, policies) = (new float[rows * actionCount], new float[rows * actionCount]);
        (logPredictions, predictions) = (new float[(rows + environments) * width], new float[(rows + environments) * width]);
        (chosen, probabilities, rewards, ended) = (new float[rows], new float[rows], new float[rows], new bool[rows]);
        (policyGradient, predictionGradient) = (new float[rows * actionCount], new float[rows * width]);
        (valued, advantages) = (new float[readsValues ? rows : 0], new float[readsValues ? rows : 0]);
        Policy = new LikeliestAction(student);
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>The tables or networks that learn.</summary>
    internal IRuleStudent Student => student;

    /// <summary>Actions of the last rollout, [T, B].</summary>
    internal ReadOnlySpan<float> Actions => chosen;

    /// <summary>Rewards of the last rollout as the rule read them, [T, B].</summary>
    internal ReadOnlySpan<float> Rewards => rewards;

    /// <summary>Whether steps of the last rollout ended their episode, [T, B].</summary>
    internal ReadOnlySpan<bool> Ended => ended;

    /// <summary>What the rule said of the last rollout.</summary>
    internal RulePass<float> Said => pass;

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();

        // 1-3: act.
        for (var step = 0; step < config.StepsPerRollout; step++)
            Act(step, points);
        student.Forward(experience.Observations, config.Environments);
        Predict(config.StepsPerRollout);
        var means = new MetricMeans(experience.Batch.Steps);

        // 4: the rule reads the rollout from its end to its beginning.
        pass.Forward(rule.Parameters, rewards, ended, (float)rule.Gamma, probabilities, predictions);

        // 5-6: where it wants the policy, and the predictions.
        FollowPolicyTargets(means);
        if (readsValues)
            FollowReturns(means);
        else if (width > 0)
            FollowPredictionTargets(means);

        // 7: one step.
        means.Add(Metrics.GradientNorm, student.Improve(policyGradient, predictionGradient, config.LearningRate));
        means.Add(Metrics.ParameterNorm, student.ParameterNorm());

        episodes.Summarise(experience.Batch.Steps, points);
        means.Report(points);
        points.Add(new(Metrics.LearningRate, experience.Batch.Steps, config.LearningRate));
        return new Progress(experience.Batch.Steps, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures() =>
        LpgAgentFigures.Of(experience, student, readsValues, rule.Gamma, rewards, ended, pass.PolicyTargets);

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        student.Save(writer);
        experience.Save(writer);
        episodes.Save(writer);
        actionRng.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        student.Load(reader);
        experience.Load(reader);
        episodes.Load(reader);
        actionRng = Rng.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        experience.Dispose();
        student.Dispose();
    }

    /// <summary>Lines 2 and 3: one step of every environment.</summary>
    private void Act(int step, List<MetricValue> points)
    {
        var (environments, first) = (config.Environments, step * config.Environments);
        student.Act(experience.Observations, step);
        Predict(step);
        var logarithms = logPolicies.AsSpan(first * actionCount, environments * actionCount);
        student.Logits.CopyTo(logarithms);
        LearnedUpdate.Softmax(logarithms, policies.AsSpan(first * actionCount, logarithms.Length), actionCount);
        for (var row = first; row < first + environments; row++)
        {
            var action = Categorical.Sample(logPolicies.AsSpan(row * actionCount, actionCount), actionRng);
            (chosen[row], probabilities[row]) = (action, policies[row * actionCount + action]);
        }
        experience.Step(chosen.AsSpan(first, environments));
        for (var b = 0; b < environments; b++)
        {
            rewards[first + b] = (float)(config.RewardScale * experience.Rewards[b]);
            ended[first + b] = experience.Batch.Terminated[b] || experience.Batch.Truncated[b];
        }
        if (readsValues)
            PayBeyondTimeLimits(first);
        foreach (var episode in experience.Batch.Ended)
            episodes.Add(episode, points);
    }

    /// <summary>y(s), or v(s), of the last forward pass; <see cref="predictions"/> is what the rule reads.</summary>
    private void Predict(int step)
    {
        var first = step * config.Environments * width;
        if (readsValues || width == 0)
        {
            student.Predictions.CopyTo(predictions.AsSpan(first));
            return;
        }
        var logarithms = logPredictions.AsSpan(first, config.Environments * width);
        student.Predictions.CopyTo(logarithms);
        LearnedUpdate.Softmax(logarithms, predictions.AsSpan(first, logarithms.Length), width);
    }

    /// <summary>Line 5: L = mean(−π̂·log π(a|s)) and its derivative with respect to the logits.</summary>
    private void FollowPolicyTargets(MetricMeans means)
    {
        var policyTargets = pass.PolicyTargets;
        policyGradient.AsSpan().Clear();
        double loss = 0, entropy = 0, sum = 0, squares = 0, reward = 0;
        for (var row = 0; row < rows; row++)
        {
            var (at, target, action) = (row * actionCount, policyTargets[row], (int)chosen[row]);
            LearnedUpdate.MovePolicy<float>(
                policyGradient.AsSpan(at, actionCount), policies.AsSpan(at, actionCount), action, -target / rows);
            loss -= (double)target * logPolicies[at + action];
            entropy += LearnedUpdate.Entropy<float>(policies.AsSpan(at, actionCount), logPolicies.AsSpan(at, actionCount));
            sum += target;
            squares += (double)target * target;
            reward += rewards[row];
        }
        means.Add(Metrics.PolicyLoss, loss / rows);
        means.Add(Metrics.Entropy, entropy / rows);
        means.Add(Metrics.ExtrinsicReward, reward / rows);
        means.Add(LpgAgentSettings.PolicyTargetMean, sum / rows);
        means.Add(LpgAgentSettings.PolicyTargetDeviation, Math.Sqrt(Math.Max(0, squares / rows - sum / rows * (sum / rows))));
    }

    /// <summary>Line 6: L += α_y·mean KL(y(s) ‖ ŷ), ŷ a constant, and its derivative with respect to the logits of y.</summary>
    private void FollowPredictionTargets(MetricMeans means)
    {
        var weight = (float)(config.PredictionCoefficient / rows);
        predictionGradient.AsSpan().Clear();
        double divergence = 0, entropy = 0;
        for (var row = 0; row < rows; row++)
        {
            var at = row * width;
            ReadOnlySpan<float> y = predictions.AsSpan(at, width), logY = logPredictions.AsSpan(at, width);
            var q = pass.PredictionTargets.Slice(at, width);
            LearnedUpdate.MovePrediction(predictionGradient.AsSpan(at, width), y, logY, q, -weight);
            divergence += LearnedUpdate.Divergence(y, logY, q);
            entropy += LearnedUpdate.Entropy(y, logY);
        }
        means.Add(LpgAgentSettings.PredictionDivergence, divergence / rows);
        means.Add(LpgSettings.PredictionEntropy, entropy / rows);
    }

    /// <summary>What the values of LPG-V learn from: where time ran out the value goes on, as the task did not end.</summary>
    private void PayBeyondTimeLimits(int first)
    {
        for (var b = 0; b < config.Environments; b++)
        {
            valued[first + b] = rewards[first + b];
            if (!experience.Batch.Truncated[b] || experience.Batch.Terminated[b])
                continue;
            student.Forward(experience.FinalObservation(b), 1);
            valued[first + b] += (float)rule.Gamma * student.Predictions[0];
        }
    }

    /// <summary>Line 6 of LPG-V: state values towards their λ-returns.</summary>
    private void FollowReturns(MetricMeans means)
    {
        Returns.GeneralizedAdvantages<float>(
            valued, predictions.AsSpan(0, rows), ended, predictions.AsSpan(rows), (float)rule.Gamma, (float)config.ValueLambda, advantages);
        var squares = 0.0;
        for (var row = 0; row < rows; row++)
        {
            predictionGradient[row] = -advantages[row];
            squares += (double)advantages[row] * advantages[row];
        }
        means.Add(LpgAgentSettings.ValueError, Math.Sqrt(squares / rows));
    }

    private sealed class LikeliestAction(IRuleStudent student) : IPolicy
    {
        public void Act(ReadOnlySpan<float> observation, Span<float> action)
        {
            student.Forward(observation, 1);
            action[0] = Categorical.Mode(student.Logits);
        }
    }
}
