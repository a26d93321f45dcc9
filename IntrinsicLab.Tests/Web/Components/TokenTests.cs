using System.Globalization;
using System.Text.RegularExpressions;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Web.Components;

public sealed partial class TokenTests
{
    private static readonly Dictionary<string, (string Light, string Dark)> Tokens = TokenPattern()
        .Matches(File.ReadAllText(Path.Combine(Repository.Root, "wwwroot", "app.css")))
        .ToDictionary(match => match.Groups[1].Value, match => (match.Groups[2].Value, match.Groups[3].Value));

    private static readonly string[] Grounds = ["bg", "surface", "raised"];

    [Theory]
    [InlineData("text")]
    [InlineData("muted")]
    [InlineData("faint")]
    [InlineData("accent")]
    [InlineData("failed")]
    public void Text_OnEveryGround_HasContrastOfFourAndAHalf(string token) => AssertContrast(token, Grounds, 4.5);

    [Theory]
    [InlineData("text")]
    [InlineData("muted")]
    public void Text_OnChosenAndHoveredRows_HasContrastOfFourAndAHalf(string token) => AssertContrast(token, ["hover", "accent-soft"], 4.5);

    [Fact]
    public void PrimaryButton_HasContrastOfFourAndAHalf() => AssertContrast("on-accent", ["accent", "accent-strong"], 4.5);

    [Theory]
    [InlineData("control")]
    [InlineData("running")]
    [InlineData("queued")]
    [InlineData("done")]
    [InlineData("paused")]
    public void ControlsAndStatus_HaveContrastOfThree(string token) => AssertContrast(token, Grounds, 3);

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6), InlineData(7), InlineData(8)]
    public void Curves_HaveContrastOfThree(int slot) => AssertContrast($"series-{slot}", Grounds, 3);

    [Fact]
    public void Tones_OnTheStage_HaveContrastOfThree()
    {
        foreach (var tone in Scene.Tones)
            AssertContrast($"tone-{tone}", ["stage"], 3);
    }

    private static void AssertContrast(string token, string[] grounds, double least)
    {
        foreach (var ground in grounds)
        {
            Assert.True(Contrast(Tokens[token].Light, Tokens[ground].Light) >= least, $"--{token} on --{ground}, light");
            Assert.True(Contrast(Tokens[token].Dark, Tokens[ground].Dark) >= least, $"--{token} on --{ground}, dark");
        }
    }

    // WCAG 2.2, "contrast ratio" and "relative luminance".
    private static double Contrast(string one, string other)
    {
        var (a, b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(string colour)
    {
        var channels = Enumerable.Range(0, 3)
            .Select(index => int.Parse(colour.AsSpan(1 + 2 * index, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0)
            .Select(value => value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4)).ToArray();
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2];
    }

    [GeneratedRegex(@"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")]
    private static partial Regex TokenPattern();
}
