using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slideport.Sam.Database.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class NodeReportsAndOpenings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "NodeReports",
                columns: table => new
                {
                    Node = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    At = table.Column<long>(type: "bigint", nullable: false),
                    IsStopped = table.Column<bool>(type: "boolean", nullable: false),
                    Problems = table.Column<string>(type: "text", maxLength: -1, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_NodeReports", x => x.Node);
                });

            migrationBuilder.CreateTable(
                name: "ToldOpenings",
                columns: table => new
                {
                    Teller = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    OpeningId = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    At = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ToldOpenings", x => new { x.Teller, x.OpeningId });
                });

            migrationBuilder.CreateIndex(
                name: "IX_ToldOpenings_At",
                table: "ToldOpenings",
                column: "At");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "NodeReports");

            migrationBuilder.DropTable(
                name: "ToldOpenings");
        }
    }
}
