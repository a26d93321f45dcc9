using System.Numerics;

namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Pseudo-rewards, targets and losses of the auxiliary tasks of UNREAL (Jaderberg et al. 2016, "Reinforcement Learning with Unsupervised
/// Auxiliary Tasks"). A <i>cell</i> is whatever has a pseudo-reward and action values of its own: a square of the picture, a feature, a unit.
/// </summary>
public static class AuxiliaryLosses
{
    /// <summary>
    /// Pixel control's pseudo-rewards: the mean absolute change over each square of side × side places and all channels. Places beyond whole
    /// squares are cut off evenly at the margins, as the paper cuts 84 × 84 down to 80 × 80.
    /// </summary>
    /// <param name="before">Observation, [rows, columns, channels].</param>
    /// <param name="after">The next one.</param>
    /// <param name="rows">Rows of the grid.</param>
    /// <param name="columns">Columns of the grid.</param>
    /// <param name="side">Rows and columns of a square.</param>
    /// <param name="rewards">Receives [rows / side, columns / side].</param>
    public static void PixelChange<T>(ReadOnlySpan<T> before, ReadOnlySpan<T> after, int rows, int columns, int side, Span<T> rewards)
        where T : IFloatingPointIeee754<T>
    {
        var channels = before.Length / (rows * columns);
        var (down, across) = (rows / side, columns / side);
        var (top, left) = ((rows - down * side) / 2, (columns - across * side) / 2);
        var count = T.CreateChecked(side * side * channels);
        for (var cell = 0; cell < down * across; cell++)
        {
            var sum = T.Zero;
            for (var row = 0; row < side; row++)
            {
                var at = ((top + cell / across * side + row) * columns + left + cell % across * side) * channels;
                for (var i = at; i < at + side * channels; i++)
                    sum += T.Abs(after[i] - before[i]);
            }
            rewards[cell] = sum / count;
        }
    }

    /// <summary>Action values of a dueling head (Wang et al. 2016): Q(a) = V + A(a) − mean A, for every cell.</summary>
    /// <param name="outputs">V and A(0) … A(n − 1) of each cell, [cells, 1 + n].</param>
    /// <param name="actions">n.</param>
    /// <param name="values">Receives Q, [cells, n].</param>
    public static void Duel<T>(ReadOnlySpan<T> outputs, int actions, Span<T> values) where T : IFloatingPointIeee754<T>
    {
        for (var cell = 0; cell < values.Length / actions; cell++)
        {
            var own = outputs.Slice(cell * (actions + 1), actions + 1);
            var mean = T.Zero;
            for (var action = 1; action <= actions; action++)
                mean += own[action];
            mean /= T.CreateChecked(actions);
            for (var action = 0; action < actions; action++)
                values[cell * actions + action] = own[0] + own[action + 1] - mean;
        }
    }

    /// <summary>
    /// n-step targets of the action values of every cell: G_t = r_t + γ·(1 − ended_t)·G_{t+1}, and max_a Q(s_T, a) after the last step.
    /// </summary>
    /// <param name="rewards">Pseudo-rewards, [T, B, cells].</param>
    /// <param name="ended">Whether the step ended its episode, [T, B].</param>
    /// <param name="lastValues">Q of the observations after the last step, [B, cells, n].</param>
    /// <param name="actions">n.</param>
    /// <param name="gamma">γ.</param>
    /// <param name="targets">Receives G, [T, B, cells].</param>
    public static void ControlTargets<T>(
        ReadOnlySpan<T> rewards, ReadOnlySpan<bool> ended, ReadOnlySpan<T> lastValues, int actions, T gamma, Span<T> targets)
        where T : IFloatingPointIeee754<T>
    {
        var width = lastValues.Length / actions;
        var cells = rewards.Length / ended.Length;
        for (var column = 0; column < width; column++)
        {
            var next = lastValues[column * actions];
            for (var action = 1; action < actions; action++)
                next = T.Max(next, lastValues[column * actions + action]);
            for (var at = rewards.Length - width + column; at >= 0; at -= width)
                targets[at] = next = rewards[at] + (ended[at / cells] ? T.Zero : gamma * next);
        }
    }

    /// <summary>Squared error of the action values of one step, over all cells: ½·Σ (G − Q(a))². Writes its gradient through the dueling head.</summary>
    /// <param name="values">Q, [cells, n].</param>
    /// <param name="targets">G, [cells].</param>
    /// <param name="action">The action taken.</param>
    /// <param name="actions">n.</param>
    /// <param name="weight">What the gradient is multiplied by.</param>
    /// <param name="gradient">Receives the gradient with respect to the head's outputs, [cells, 1 + n].</param>
    /// <returns>The squared error, not weighted.</returns>
    public static T ControlLoss<T>(ReadOnlySpan<T> values, ReadOnlySpan<T> targets, int action, int actions, T weight, Span<T> gradient)
        where T : IFloatingPointIeee754<T>
    {
        var loss = T.Zero;
        for (var cell = 0; cell < targets.Length; cell++)
        {
            var error = values[cell * actions + action] - targets[cell];
            loss += error * error;
            var own = gradient.Slice(cell * (actions + 1), actions + 1);
            var slope = weight * error;
            own[0] = slope;
            own[1..].Fill(-slope / T.CreateChecked(actions));
            own[action + 1] += slope;
        }
        return loss / (T.One + T.One);
    }

    /// <summary>The class that reward prediction gives a reward: 0 none, 1 positive, 2 negative.</summary>
    /// <param name="reward">The reward.</param>
    public static int RewardClass(float reward) => reward > 0 ? 1 : reward < 0 ? 2 : 0;
}
