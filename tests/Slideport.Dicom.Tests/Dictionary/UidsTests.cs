using Slideport.Dicom.Dictionary;

namespace Slideport.Dicom.Tests.Dictionary;

public sealed class UidsTests
{
    [Fact]
    public void New_ones_are_valid_short_enough_and_different()
    {
        var uids = Enumerable.Range(0, 1000).Select(_ => Uids.New()).ToHashSet();

        Assert.Equal(1000, uids.Count);
        Assert.All(uids, uid => Assert.True(Uids.IsValid(uid) && uid.Length <= 44 && uid.StartsWith("2.25.", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("1.2.840.10008.1.1", true)]
    [InlineData("0.0", true)]
    [InlineData("1", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("1.2.", false)]
    [InlineData(".1", false)]
    [InlineData("1..2", false)]
    [InlineData("1.02", false)]
    [InlineData("1.2a", false)]
    [InlineData("1.2 ", false)]
    [InlineData("../../etc/passwd", false)]
    [InlineData("1.2.٣", false)]
    public void Rules_of_the_standard_hold(string? uid, bool isValid) => Assert.Equal(isValid, Uids.IsValid(uid));

    [Fact]
    public void Longest_one_has_64_characters()
    {
        Assert.True(Uids.IsValid("1." + new string('2', 62)));
        Assert.False(Uids.IsValid("1." + new string('2', 63)));
    }

    [Fact]
    public void Padding_is_trimmed() => Assert.Equal("1.2", Uids.Trim("1.2\0 "));

    [Fact]
    public void Transfer_syntaxes_are_found_by_UID()
    {
        Assert.Same(TransferSyntax.JpegBaseline8Bit, TransferSyntax.Find("1.2.840.10008.1.2.4.50\0"));
        Assert.True(TransferSyntax.ImplicitVrLittleEndian is { IsImplicit: true, IsEncapsulated: false, IsKnown: true });
        Assert.True(TransferSyntax.ExplicitVrBigEndian is { IsBigEndian: true, IsEncapsulated: false });
        Assert.Equal(23, TransferSyntax.All.Count());
        Assert.All(TransferSyntax.All, syntax => Assert.True(Uids.IsValid(syntax.Uid)));
    }

    [Fact]
    public void An_unknown_transfer_syntax_is_taken_for_an_encapsulated_explicit_one()
    {
        var unknown = TransferSyntax.Find("1.2.3.4");

        Assert.True(unknown is { IsKnown: false, IsEncapsulated: true, IsImplicit: false, IsBigEndian: false, Uid: "1.2.3.4" });
    }
}
