using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>The most likely action of a policy, with normalisers as training left them.</summary>
internal sealed class GreedyPolicy(IStochasticPolicy network, Experience experience, ActionScale? scale = null) : IPolicy
{
    public void Act(ReadOnlySpan<float> observation, Span<float> action)
    {
        network.Forward(experience.Seen(observation), 1);
        network.Mode(action);
        scale?.Apply(action, action);
        if (experience.Batch.Spec.Action is Box box)
            for (var axis = 0; axis < action.Length; axis++)
                action[axis] = Math.Clamp(action[axis], box.Low[axis], box.High[axis]);
    }
}
