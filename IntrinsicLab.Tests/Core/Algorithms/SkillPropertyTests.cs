using System.Runtime.InteropServices;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Navigation;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Tests.Core.Algorithms;

/// <summary>What must hold of skills and goals as a whole, whatever the networks are.</summary>
public class SkillPropertyTests
{
    // Enough units that some answer to every state: where none does, all skills are as likely, and the first of them counts.
    private const int Skills = 3, Hidden = 32, Rows = 16;

    private static readonly EnvironmentSpec Field =
        EnvironmentCatalog.Factory(EnvironmentCatalog.Find("point-navigation")!, new PointNavigationConfig()).Spec;

    private static readonly DiscriminatorSettings Few = new() { Skills = Skills, Hidden = [Hidden] };

    [Fact]
    public void GoalAgent_PaidByADiscriminatorThatKnowsNothing_TendsToTheMostEntropy()
    {
        var settings = new SoftActorCriticSettings
        {
            Hidden = [32],
            BatchSize = 64,
            Gamma = 0.95,
            ActorLearningRate = 1e-3,
            CriticLearningRate = 1e-3,
            AutomaticTemperature = false,
            InitialTemperature = 0.1,
        };
        using var even = new Discriminator(Few, 2, new Rng(1));
        even.Parameters.Clear();
        using var agent = new GoalAgent(Field, 2, 1, 1, 2, 0, settings, 10_000, new Rng(2));
        var (rng, batchRng) = (new Rng(3), new Rng(4));
        var (state, action, next, goal) = (new float[2], new float[2], new float[2], new float[2]);
        for (var step = 0; step < 2000; step++)
        {
            Draw(rng, state);
            Draw(rng, goal);
            Draw(rng, action);
            for (var axis = 0; axis < 2; axis++)
                next[axis] = Math.Clamp(state[axis] + 0.1f * action[axis], -1, 1);
            agent.Add(state, action, 0, next, terminated: false, ended: step % 20 == 19, goal, goal, [rng.NextInt(Skills)], next, []);
        }

        var report = default(SoftActorCriticReport);
        for (var update = 0; update < 2000; update++)
        {
            agent.Draw(batchRng);
            even.Rewards(agent.NextSeen, agent.Skills, agent.Rewards);
            Assert.All(agent.Rewards, reward => Assert.Equal(0, reward, 1e-6));
            report = agent.Learn();
        }

        var size = 0.0;
        for (var draw = 0; draw < 2000; draw++)
        {
            Draw(rng, state);
            Draw(rng, goal);
            agent.Act(state, goal, rng, action);
            size += (Math.Abs(action[0]) + Math.Abs(action[1])) / 4000;
        }
        // A tanh-Gaussian reaches at most 0.6836 nats in each of the two components, with a mean size of 0.51.
        Assert.InRange(report.Entropy, 1.28, 1.42);
        Assert.InRange(size, 0.46, 0.56);
    }

    // Labels mean nothing by themselves: who swaps them in the data and in every weight that belongs to them changes nothing.
    [Fact]
    public void Learn_WithLabelsSwappedEverywhere_ReportsTheSame()
    {
        var settings = new SoftActorCriticSettings { Hidden = [Hidden], BatchSize = Rows, CriticLearningRate = 1e-2, ActorLearningRate = 1e-2 };
        using Discriminator first = new(Few, 2, new Rng(1)), second = new(Few, 2, new Rng(1));
        SwapOutputs(second.Parameters);
        using SkillAgent ofFirst = new(Field, first, 2, settings, 1000, new Rng(2)), ofSecond = new(Field, second, 2, settings, 1000, new Rng(2));
        Load(ofSecond, WithSwappedInputs(Save(ofFirst), new Rng(2)));
        Assert.NotEqual(Save(ofFirst), Save(ofSecond));
        var (drawn, rewards) = (new Rng(5), 0.0);

        for (var episode = 0; episode < 12; episode++)
        {
            int skill = episode % Skills, swapped = Swapped(skill);
            float[] state = [0.1f, -0.2f], action = new float[2], other = new float[2], next = new float[2];
            for (var step = 0; step < 5; step++)
            {
                ofFirst.Act(state, [skill], new Rng((ulong)step), action);
                ofSecond.Act(state, [swapped], new Rng((ulong)step), other);
                Equal(action[0], other[0]);
                Equal(action[1], other[1]);
                for (var axis = 0; axis < 2; axis++)
                    next[axis] = Math.Clamp(state[axis] + 0.1f * action[axis], -1, 1);
                ofFirst.Add(state, action, next, false, step == 4, [skill], state, next);
                ofSecond.Add(state, action, next, false, step == 4, [swapped], state, next);
                next.CopyTo(state, 0);
            }
            var seed = drawn.NextInt(1000);
            ofFirst.Draw(new Rng((ulong)seed));
            ofSecond.Draw(new Rng((ulong)seed));
            Assert.Equal(ofFirst.Skills.Select(label => Swapped((int)label)), ofSecond.Skills.Select(label => (int)label));

            var (one, two) = (first.Learn(ofFirst.NextSeen, ofFirst.Skills, Rows), second.Learn(ofSecond.NextSeen, ofSecond.Skills, Rows));
            Equal(one.Loss, two.Loss);
            Assert.Equal(one.Accuracy, two.Accuracy);
            first.Rewards(ofFirst.NextSeen, ofFirst.Skills, ofFirst.Rewards);
            second.Rewards(ofSecond.NextSeen, ofSecond.Skills, ofSecond.Rewards);
            for (var row = 0; row < Rows; row++)
                Equal(ofFirst.Rewards[row], ofSecond.Rewards[row]);
            rewards += ofFirst.Rewards.Sum(Math.Abs);
            var (learnt, alike) = (ofFirst.Learn(), ofSecond.Learn());
            Equal(learnt.CriticLoss, alike.CriticLoss);
            Equal(learnt.PolicyLoss, alike.PolicyLoss);
            Equal(learnt.Entropy, alike.Entropy);
            Equal(learnt.Temperature, alike.Temperature);
        }

        Assert.True(rewards > 1, "Nothing was paid.");
        var (posterior, ofSwapped) = (new double[Skills], new double[Skills]);
        first.Posterior([0.3f, 0.4f], posterior);
        second.Posterior([0.3f, 0.4f], ofSwapped);
        for (var skill = 0; skill < Skills; skill++)
            Equal(posterior[skill], ofSwapped[Swapped(skill)]);
    }

    private static int Swapped(int skill) => skill switch { 0 => 2, 2 => 0, _ => skill };

    // Sums over skills run in another order, no more.
    private static void Equal(double expected, double actual) => Assert.Equal(expected, actual, 1e-4 * Math.Max(1, Math.Abs(expected)));

    private static void Draw(Rng rng, float[] values)
    {
        foreach (ref var value in values.AsSpan())
            value = (float)rng.NextDouble(-1, 1);
    }

    private static void SwapOutputs(Span<float> parameters)
    {
        var last = new Mlp(2, Few.Hidden, Skills, Activation.Relu).Layers[^1];
        for (var input = 0; input <= last.Inputs; input++)
        {
            var row = parameters.Slice(last.Offset + input * Skills, Skills);
            (row[0], row[2]) = (row[2], row[0]);
        }
    }

    private static byte[] Save(SkillAgent agent)
    {
        using var stream = new MemoryStream();
        using (var writer = new CheckpointWriter(stream))
            agent.Save(writer);
        return stream.ToArray();
    }

    private static void Load(SkillAgent agent, byte[] state)
    {
        using var reader = new CheckpointReader(new MemoryStream(state));
        agent.Load(reader);
    }

    // First layers as they were drawn, found again in what was saved, with the rows of two labels exchanged: one policy, two critics and their targets.
    private static byte[] WithSwappedInputs(byte[] state, Rng rng)
    {
        var found = 0;
        foreach (var (network, stream) in new[]
            {
                (new Mlp(2 + Skills, [Hidden], 4, Activation.Relu), rng.Split("policy-init")),
                (new Mlp(4 + Skills, [Hidden], 1, Activation.Relu), rng.Split("critic-init", 0)),
                (new Mlp(4 + Skills, [Hidden], 1, Activation.Relu), rng.Split("critic-init", 1)),
            })
        {
            var parameters = new float[network.ParameterCount];
            FanIn.Fill(network, parameters, stream);
            float[] Label(int skill) => parameters.AsSpan((2 + skill) * Hidden, Hidden).ToArray();
            float[] ofZero = Label(0), between = Label(1), ofTwo = Label(2);
            found += Replace(state, [.. ofZero, .. between, .. ofTwo], [.. ofTwo, .. between, .. ofZero]);
        }
        Assert.Equal(5, found);
        return state;
    }

    private static int Replace(byte[] state, float[] old, float[] with)
    {
        ReadOnlySpan<byte> wanted = MemoryMarshal.AsBytes<float>(old), put = MemoryMarshal.AsBytes<float>(with);
        var count = 0;
        for (var at = 0; state.AsSpan(at).IndexOf(wanted) is >= 0 and var offset; at += offset + put.Length)
        {
            put.CopyTo(state.AsSpan(at + offset));
            count++;
        }
        return count;
    }
}
