using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Slideport.Architecture.Tests;

public sealed class SourceTests
{
    private const int MaxFileLines = 600;
    private const int MaxMethodLines = 70;

    private static readonly string[] NamesForNothing = ["Common", "Helper", "Helpers", "Util", "Utils", "Misc", "Manager"];

    [Fact]
    public void No_file_is_longer_than_one_idea() => Assert.Empty(
        Checkout.Sources("src", "bench", "fuzz").Where(path => File.ReadLines(path).Count() > MaxFileLines).Select(Checkout.Relative));

    [Fact]
    public void No_method_is_longer_than_a_screen()
    {
        var tooLong =
            from path in Checkout.Sources("src", "bench", "fuzz")
            from method in CSharpSyntaxTree.ParseText(File.ReadAllText(path), cancellationToken: TestContext.Current.CancellationToken)
                .GetRoot(TestContext.Current.CancellationToken).DescendantNodes().OfType<BaseMethodDeclarationSyntax>()
            let span = method.GetLocation().GetLineSpan()
            let lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1
            where lines > MaxMethodLines
            select $"{Checkout.Relative(path)}:{span.StartLinePosition.Line + 1} has {lines} lines";

        Assert.Empty(tooLong);
    }

    [Fact]
    public void Nothing_is_named_for_nothing() => Assert.DoesNotContain(
        Checkout.Sources("src", "tests", "bench", "fuzz").Select(Checkout.Relative),
        path => path.Split('/', '.').Any(part => NamesForNothing.Contains(part, StringComparer.OrdinalIgnoreCase)));

    // And the process that speaks with a share, which does nothing else.
    [Fact]
    public void Only_Slideport_Files_calls_the_system_by_itself() => Assert.Empty(
        Checkout.Sources("src").Where(path => !path.Contains("/Slideport.Files/", StringComparison.Ordinal) && !path.EndsWith("/Smb/SmbClientCalls.cs", StringComparison.Ordinal))
            .Where(path => File.ReadAllText(path) is var text && (text.Contains("[LibraryImport", StringComparison.Ordinal) || text.Contains("[DllImport", StringComparison.Ordinal)))
            .Select(Checkout.Relative));

    [Fact]
    public void Nothing_deserialises_by_type_names_from_outside()
    {
        string[] banned = ["BinaryFormatter", "TypeNameHandling", "NetDataContractSerializer", "UseShellExecute = true"];

        Assert.Empty(Checkout.Sources("src").SelectMany(path => banned.Where(File.ReadAllText(path).Contains).Select(b => $"{Checkout.Relative(path)}: {b}")));
    }
}
