namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>
/// A frictionless cart with a uniform pole hinged to it (Florian 2007, equations 23 and 24), for the worlds that balance near upright.
/// Angles run from upright, positive to the right.
/// </summary>
internal static class CartAndPole
{
    /// <summary>Accelerations of the cart and of the pole's angle.</summary>
    /// <param name="angle">θ.</param>
    /// <param name="angularVelocity">Rate of θ.</param>
    /// <param name="force">Push on the cart, to the right.</param>
    /// <param name="gravity">g.</param>
    /// <param name="cartMass">Mass of the cart.</param>
    /// <param name="poleMass">Mass of the pole.</param>
    /// <param name="halfPoleLength">From the hinge to the pole's centre of mass.</param>
    internal static (double Cart, double Pole) Accelerations(
        double angle, double angularVelocity, double force,
        double gravity = 9.8, double cartMass = 1.0, double poleMass = 0.1, double halfPoleLength = 0.5)
    {
        var (sine, cosine) = (Math.Sin(angle), Math.Cos(angle));
        var totalMass = cartMass + poleMass;
        var poleMoment = poleMass * halfPoleLength;
        var push = (force + poleMoment * angularVelocity * angularVelocity * sine) / totalMass;
        var pole = (gravity * sine - cosine * push) / (halfPoleLength * (4.0 / 3.0 - poleMass * cosine * cosine / totalMass));
        return (push - poleMoment * pole * cosine / totalMass, pole);
    }

    /// <summary>A cart on its track with the pole, and a line that shows the push.</summary>
    /// <param name="position">Of the cart, from the middle of the track.</param>
    /// <param name="angle">Of the pole from upright, positive to the right.</param>
    /// <param name="length">Of the pole.</param>
    /// <param name="limit">Half the length of the track.</param>
    /// <param name="below">How far the pole can hang below its hinge.</param>
    /// <param name="push">Share of the force just used, from −1 to 1.</param>
    internal static Scene Draw(double position, double angle, double length, double limit, double below, double push)
    {
        var (ground, width) = (0.5 + below, 2 * limit + 1.2);
        var (hinge, left, right, cart) = (ground + 0.4, 0.6, width - 0.6, width / 2 + position);
        var rear = cart - 0.3 * Math.Sign(push);
        var (tipX, tipY) = (cart + length * Math.Sin(angle), hinge + length * Math.Cos(angle));
        return new Scene(width, hinge + length + 0.25,
        [
            new Shape("line", [left, ground, right, ground], "ground", 0.03),
            new Shape("line", [left, ground - 0.14, left, ground + 0.14], "hazard", 0.05),
            new Shape("line", [right, ground - 0.14, right, ground + 0.14], "hazard", 0.05),
            new Shape("line", [rear, ground + 0.22, rear - 0.4 * push, ground + 0.22], "trail", 0.08) { Opacity = 0.6 },
            new Shape("polygon", [cart - 0.3, ground + 0.06, cart + 0.3, ground + 0.06, cart + 0.3, hinge, cart - 0.3, hinge], "object"),
            new Shape("circle", [cart - 0.18, ground + 0.06, cart - 0.18, ground], "ground"),
            new Shape("circle", [cart + 0.18, ground + 0.06, cart + 0.18, ground], "ground"),
            new Shape("line", [cart, hinge, tipX, tipY], "agent", 0.09),
            new Shape("circle", [cart, hinge, cart + 0.05, hinge], "ground"),
        ]);
    }
}
