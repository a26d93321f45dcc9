using System.Globalization;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>How the reward's weights shape the policy.</summary>
internal static class ClnFigures
{
    /// <summary>Gain and bias of the normed layer beside what they would be without a condition.</summary>
    public static LineFigure Of(ConditionalActorCritic network)
    {
        double[] Numbers(ReadOnlySpan<float> values)
        {
            var numbers = new double[values.Length];
            for (var i = 0; i < numbers.Length; i++)
                numbers[i] = values[i];
            return numbers;
        }

        var units = network.Gain.Length;
        var own = network.Unconditioned;
        double[] x = [.. Enumerable.Range(1, units).Select(unit => (double)unit)];
        return new LineFigure("conditioning", "Gain and bias of the policy's normed layer",
            string.Create(CultureInfo.InvariantCulture,
                $"What the {units} units of the policy's last hidden layer are scaled and shifted by under the reward's present weights, and what they would be without them."),
            new("unit"), new("gain and bias"),
            [
                new("Gain", x, Numbers(network.Gain)), new("Gain without condition", x, Numbers(own[..units])),
                new("Bias", x, Numbers(network.Bias)), new("Bias without condition", x, Numbers(own[units..])),
            ]);
    }
}
