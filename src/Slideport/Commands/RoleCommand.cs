using System.CommandLine;

namespace Slideport.Commands;

/// <summary><c>slideport role</c>: letting roles on other machines in.</summary>
internal static class RoleCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "converter, events, dsr or monitor." };

    public static Command Create()
    {
        var invite = new Command("invite", "Print a one-time enrolment code for a role on another machine.\n\nExample: slideport role invite converter") { Name };
        invite.SetAction((parsed, cancellationToken) => ScannerCommand.InviteAsync(parsed, $"api/roles/{Uri.EscapeDataString(parsed.GetValue(Name)!)}/enrolment", null, cancellationToken));
        AdminClient.AddTo(invite);
        return new Command("role", "Let roles on other machines in.\n\nExample: slideport role invite converter") { invite };
    }
}
