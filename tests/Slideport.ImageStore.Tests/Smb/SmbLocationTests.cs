using Slideport.ImageStore.Smb;

namespace Slideport.ImageStore.Tests.Smb;

public sealed class SmbLocationTests
{
    [Theory]
    [InlineData("smb://nas/slides", "nas", 445, "slides", "")]
    [InlineData("SMB://NAS.lab:1445/slides/lab 1/2026/", "nas.lab", 1445, "slides", "lab 1/2026")]
    [InlineData("smb://10.0.0.7/slides$", "10.0.0.7", 445, "slides$", "")]
    public void A_location_names_server_port_share_and_folder(string text, string server, int port, string share, string folder)
    {
        Assert.True(SmbLocation.TryParse(text, out var location, out _));

        Assert.Equal(new SmbLocation(server, port, share, folder), location);
        Assert.True(SmbLocation.TryParse(location.ToString(), out var again, out _));
        Assert.Equal(location, again);
    }

    [Theory]
    [InlineData("smb://")]
    [InlineData("smb://nas")]
    [InlineData("smb:///slides")]
    [InlineData("smb://nas:0/slides")]
    [InlineData("smb://nas:445x/slides")]
    [InlineData("smb://nas/slides/../other")]
    [InlineData("smb://nas/sl?ides")]
    [InlineData("smb://na s/slides")]
    [InlineData("//nas/slides")]
    public void What_is_no_location_is_refused_with_why(string text)
    {
        Assert.False(SmbLocation.TryParse(text, out _, out var problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void A_password_in_a_location_is_refused_and_not_repeated()
    {
        Assert.False(SmbLocation.TryParse("smb://user:secret@nas/slides", out _, out var problem));
        Assert.Contains("slideport store login", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void What_means_something_in_a_URL_does_not_in_a_name() =>
        Assert.Equal("smb://nas:445/a%20b%23/c%25/d%3Be", new SmbLocation("nas", 445, "a b#", "c%").UrlOf("d;e"));
}
