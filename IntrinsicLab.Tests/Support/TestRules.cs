using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Tests.Support;

/// <summary>Update rules whose answers are known, and one that answers anything at all.</summary>
internal static class TestRules
{
    /// <summary>A trainer that finds the rules that plans name by default, or one made by chance where none is shipped.</summary>
    public static Trainer Trainer(RunPlan plan) => new(plan, Find);

    public static LearnedRule? Find(string id) => ShippedRules.Find(id) ?? (id == new LpgAgentConfig().Rule ? Random() : null);

    /// <summary>A rule of random weights.</summary>
    public static LearnedRule Random(RuleSemantics semantics = RuleSemantics.Predictions, int predictions = 8, int units = 8, int seed = 1)
    {
        var network = new RuleNetwork(semantics == RuleSemantics.Values ? 0 : predictions, units, semantics);
        var parameters = new float[network.ParameterCount];
        network.Initialise(parameters, new Rng((ulong)seed));
        return Of(network, parameters);
    }

    /// <summary>A rule that asks for the same everywhere: π̂ = <paramref name="policy"/>, and a fixed q.</summary>
    public static LearnedRule Constant(float policy, params float[] prediction)
    {
        var network = new RuleNetwork(prediction.Length, 2, RuleSemantics.Predictions);
        var parameters = new float[network.ParameterCount];
        parameters[network.BiasOffset] = policy;
        prediction.CopyTo(parameters, network.BiasOffset + 1);
        return Of(network, parameters);
    }

    /// <summary>
    /// A rule that adds rewards up, from the end of the rollout or the episode on: π̂ is the return to come, and the agent learns by REINFORCE.
    /// One cell with all gates open sums tanh(r/20); 20·tanh of it is the return, as long as that is small beside 20.
    /// </summary>
    public static LearnedRule ReturnsToGo(int predictions = 4)
    {
        var network = new RuleNetwork(predictions, 1, RuleSemantics.Predictions);
        var parameters = new float[network.ParameterCount];
        var memory = parameters.AsSpan(network.MemoryOffset, network.Memory.ParameterCount);
        const int Candidate = 3;
        memory[Candidate] = 1 / 20f;
        memory.Slice((RuleNetwork.Inputs + 1) * 4, Candidate).Fill(20);
        parameters[network.HeadOffset] = 20;
        return Of(network, parameters);
    }

    private static LearnedRule Of(RuleNetwork network, float[] parameters) =>
        new("test", 1, new RuleContent(network, 0.99, parameters), new RuleOrigin("", 1, 0, 0, null, "", "2020-01-01", "{}"));
}
