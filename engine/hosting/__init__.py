"""Running servers in processes of their own: profiles, hosts and the supervisor that minds them."""
